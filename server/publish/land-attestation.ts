// Puts a signature of somebody else beside a build that is there, before the generation that names it; and takes it back when no
// generation came to name it. One rename shows it whole.

import { mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { attestationPath, attestationPathsOf } from './attestation.ts';
import { renameDurably, syncPath, writeDurably } from './files.ts';
import { notePlaced, placedPaths } from './journal.ts';
import type { OfferedPaths } from './offer.ts';
import { treePaths } from './tree.ts';

/** A signature over the image.json of the build in `folder` (as in the catalog), armored. */
export interface Attestation {
  readonly folder: string;
  readonly attester: string;
  readonly signature: string;
}

/** Writes it, also over an older one. For whoever holds the lock and goes on to announce it. */
export async function landAttestation(tree: string, { folder, attester, signature }: Attestation): Promise<void> {
  const path = attestationPath(folder, attester);
  const target = join(tree, path);
  await notePlaced(tree, path);
  const staged = join(treePaths(tree).staging, 'attestation');
  await rm(staged, { force: true });
  await writeDurably(staged, signature);
  await mkdir(dirname(target), { recursive: true });
  await syncPath(join(tree, folder));
  await renameDurably(staged, target);
}

/** Removes what an earlier run has put there and never announced in `offer`. */
export async function takeBackAttestations(tree: string, offer: OfferedPaths): Promise<void> {
  const announced = attestationPathsOf(offer);
  for (const path of await placedPaths(tree)) {
    const ours = /^images\/(?:[^/]+\/){5}attestations\/[0-9A-F]{40}\.asc$/.test(path) && !path.includes('/../');
    if (!ours || announced.has(path)) continue;
    await rm(join(tree, path), { force: true });
    await removeIfEmpty(dirname(join(tree, path)));
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].some((code) => isSystemError(error, code))) throw error;
  }
}
