// Puts the signatures into a build folder: SHA256SUMS over every file (GNU format, read by sha256sum and systemd-pull),
// SHA256SUMS.gpg (binary) and an armored `.asc` beside each file (docs/DESIGN.md, "Trust"). Refuses anything but plain files.

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unarmor } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import type { Signer } from './signer.ts';
import { type Sum, sumsText } from './sums.ts';

const sumsName = 'SHA256SUMS';

/**
 * Signs the build in `directory`. Signatures and sums that are there are replaced. Not atomic: sign before publishing.
 * @throws CooperError 'build-incomplete' for a folder that is empty or holds more than plain files
 */
export async function signBuild(directory: string, signer: Signer): Promise<void> {
  const names = await filesToSign(directory);
  const sums: Sum[] = [];
  for (const name of names) {
    const { armored, digest } = await signer.signFile(join(directory, name));
    await writeFile(join(directory, `${name}.asc`), armored);
    sums.push([name, digest.sha256]);
  }
  const text = Buffer.from(sumsText(sums));
  await writeFile(join(directory, sumsName), text);
  const armored = await signer.signDetached(text);
  await writeFile(join(directory, `${sumsName}.asc`), armored);
  await writeFile(join(directory, `${sumsName}.gpg`), await binarySignature(armored));
}

async function filesToSign(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const odd = entries.find((entry) => !entry.isFile());
  if (odd !== undefined) {
    throw new CooperError('build-incomplete', { what: `${join(directory, odd.name)} is not a plain file` });
  }
  const names = entries.map(({ name }) => name).filter((name) => !name.endsWith('.asc') && !name.startsWith(sumsName));
  if (names.length === 0) throw new CooperError('build-incomplete', { what: `${directory} holds no file to sign` });
  return names.sort();
}

/** The same signature without its armor, as gpgv and systemd-pull read it. */
export async function binarySignature(armored: string): Promise<Uint8Array> {
  const { data } = await unarmor(armored);
  return data as Uint8Array;
}
