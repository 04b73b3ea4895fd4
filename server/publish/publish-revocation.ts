// The last generation of a publisher whose key is revoked: the documents of the live one, with the certificate that says so. Signs
// nothing. Clients that fetch the certificate then refuse everything that the key has signed.

import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { readCertificates } from '../../keys/index.ts';
import { goLive, pruneGenerations, writeGeneration } from './generation.ts';
import { withLock } from './lock.ts';
import { channelsOf } from './offer.ts';
import { liveTarget, readPublished } from './published.ts';
import { sumsNames } from './signed-file.ts';
import { treePaths } from './tree.ts';
import { requireKnownFormat } from './tree-format.ts';
import { nextSerial, type TurnOptions } from './turn.ts';

/** The generation that tells of the revocation. */
export interface RevokedGeneration {
  readonly serial: number;
  readonly fingerprint: string;
  readonly revoked: true;
}

/**
 * Replaces the certificate in the tree by `certificate` (armored, revoked). Atomic; publishers of one tree queue.
 * @throws CooperError 'not-published', 'tree-too-new', 'tree-damaged' for the tree of another publisher, 'no-space'
 */
export async function publishRevocation(
  tree: string,
  certificate: string,
  now: Date,
  { signal }: Pick<TurnOptions, 'signal'> = {},
): Promise<RevokedGeneration> {
  const [publisher] = await readCertificates(Buffer.from(certificate));
  if (publisher === undefined) throw new TypeError('there is no certificate');
  const { fingerprint } = publisher;
  await requireKnownFormat(tree);
  const nothing = new CooperError('not-published', { what: `there is nothing published in ${tree}` });
  if ((await liveTarget(treePaths(tree).live)) === undefined) throw nothing;
  try {
    const serial = await withLock(
      treePaths(tree).lock,
      () => replaceLocked(tree, certificate, fingerprint, now),
      signal,
    );
    return { serial, fingerprint, revoked: true };
  } catch (error) {
    throw explainSystemError(error, `publishing into ${tree}`);
  }
}

async function replaceLocked(tree: string, certificate: string, fingerprint: string, now: Date): Promise<number> {
  const target = (await liveTarget(treePaths(tree).live)) ?? '';
  const documents = await documentsOf(join(tree, target));
  const path = `keys/${fingerprint}.asc`;
  if (!documents.has(path)) {
    throw new CooperError('tree-damaged', {
      what: `the live generation of ${tree} is not of the key ${fingerprint}`,
      next: 'Name the home folder whose tree the key has published.',
    });
  }
  documents.set(path, certificate);
  documents.set('pks/lookup', certificate);
  // It would not be true any more, and nobody can sign another one.
  for (const name of sumsNames) documents.delete(name);
  const { staging } = treePaths(tree);
  const serial = nextSerial(Number(basename(target)), now);
  await rm(join(staging, 'live'), { force: true });
  const offer = (await readPublished(tree))?.offer ?? new Map();
  await writeGeneration(tree, serial, documents, channelsOf(offer));
  await goLive(tree, serial);
  await pruneGenerations(tree);
  await removeEmpty(staging);
  return serial;
}

/** What a publish that was cut off has left there stays: nobody but a publish knows what to do with it. */
async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY')) throw error;
  }
}

/** Contents by relative path. The link to the images is no document. */
async function documentsOf(generation: string): Promise<Map<string, string>> {
  const documents = new Map<string, string>();
  for (const entry of await readdir(generation, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    documents.set(relative(generation, path), await readFile(path, 'utf8'));
  }
  return documents;
}
