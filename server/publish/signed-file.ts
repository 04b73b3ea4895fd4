// Judges one file of a build folder: its digest, and every signature of it. Knows nothing of the folder.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import {
  type Certificate,
  type DetachedSignature,
  type FileDigest,
  type HashFile,
  hashFile,
  type JudgedAt,
  openDetached,
  sameDigest,
} from '../../keys/index.ts';

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

/**
 * Judges one signed file that is there: its digest, and every signature of it. Some stock clients look at that of each file. The file
 * is read once, by `hash`.
 * @throws system errors of reading
 */
export async function faultsOfFile(
  directory: string,
  { name, digest }: SignedFile,
  publisher: Certificate,
  at: JudgedAt,
  hash: HashFile = hashFile,
): Promise<BuildFault[]> {
  const files = name === sumsName ? [`${name}.asc`, `${name}.gpg`] : [`${name}.asc`];
  const signatures: { readonly file: string; readonly signature: DetachedSignature }[] = [];
  for (const file of files) {
    const bytes = await readFile(join(directory, file));
    const given = file.endsWith('.asc') ? bytes.toString('utf8') : bytes;
    signatures.push({ file, signature: await openDetached(given, name) });
  }
  const wanted = signatures.flatMap(({ signature }) => signature.wanted);
  const hashed = await hash(join(directory, name), wanted);
  const differs = digest !== undefined && !sameDigest(hashed.digest, digest);
  const faults: BuildFault[] = differs ? [{ name, problem: `differs from ${manifestName}` }] : [];
  for (const { file, signature } of signatures) {
    const problem = await problemOf(signature.verify(hashed, [publisher], at));
    if (problem !== undefined) faults.push({ name: file, problem });
  }
  return faults;
}

async function problemOf(verifying: Promise<unknown>): Promise<string | undefined> {
  try {
    await verifying;
    return undefined;
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    return `is refused: ${error.message}`;
  }
}
