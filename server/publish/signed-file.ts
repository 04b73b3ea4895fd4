// Judges one file of a build folder: its digest, and every signature of it. Knows nothing of the folder.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type Certificate, type FileDigest, type JudgedAt, verifyDetachedFile, verifyFile } from '../../keys/index.ts';

export const manifestName = 'image.json';
export const sumsName = 'SHA256SUMS';
/** With its signatures. */
export const sumsNames = [sumsName, `${sumsName}.asc`, `${sumsName}.gpg`] as const;

/** A file with signatures beside it; the digest is that of the manifest, where it is listed there. */
export interface SignedFile {
  readonly name: string;
  readonly digest?: FileDigest;
}

/** What is wrong with one file of a build folder. */
export interface BuildFault {
  readonly name: string;
  readonly problem: string;
}

/** Judges one signed file that is there: its digest, and every signature of it. Some stock clients look at that of each file. */
export async function faultsOfFile(
  directory: string,
  { name, digest }: SignedFile,
  publisher: Certificate,
  at: JudgedAt,
): Promise<BuildFault[]> {
  const path = join(directory, name);
  const faults: BuildFault[] = [];
  if (digest !== undefined) faults.push(...(await faultsOf(name, () => verifyFile(path, digest))));
  const signatures = name === sumsName ? [`${name}.asc`, `${name}.gpg`] : [`${name}.asc`];
  for (const file of signatures) {
    const signature = await readFile(join(directory, file));
    const given = file.endsWith('.asc') ? signature.toString('utf8') : signature;
    faults.push(...(await faultsOf(file, () => verifyDetachedFile(path, given, [publisher], at, name))));
  }
  return faults;
}

async function faultsOf(name: string, check: () => Promise<unknown>): Promise<BuildFault[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    return [
      {
        name,
        problem: error.code === 'digest-mismatch' ? `differs from ${manifestName}` : `is refused: ${error.message}`,
      },
    ];
  }
}
