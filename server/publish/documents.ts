// The documents of one generation: which file holds what, and which are signed how. Pure but for the signer handed in.

import { type Catalog, stableChannel } from '../../image/index.ts';
import { digestOf, sha256Of } from '../../keys/digest.ts';
import type { Signer } from '../../keys/sign.ts';
import { certificatePath } from './attestation.ts';
import type { Certificates } from './attesters.ts';
import { lxcIndex } from './lxc-index.ts';
import { channelsOf, type Offer, shardsOf } from './offer.ts';

/** Life of a catalog: a client that sees none newer after this time refuses to go on. Milliseconds. */
export const catalogLife = 14 * 24 * 3600 * 1000;

/** The indexes of the stock client: its modes, with and without the suffix of its compatibility level. */
const indexNames = ['index-system', 'index-user', 'index-system.7', 'index-user.7'];

/** Their places: stock clients of a channel other than `stable` are pointed to a folder of its name. */
export function indexPaths(channel: string): readonly string[] {
  const root = channel === stableChannel ? '' : `${channel}/`;
  return indexNames.map((name) => `${root}meta/1.0/${name}`);
}

/** Everything that a generation holds: contents by path relative to its root. `others`: certificates of those who have attested builds. */
export async function generationDocuments(
  offer: Offer,
  serial: number,
  signer: Signer,
  now: Date,
  others: Certificates,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [fingerprint, certificate] of others) files.set(certificatePath(fingerprint), certificate);
  files.set(certificatePath(signer.fingerprint), signer.certificate);
  files.set('pks/lookup', signer.certificate);
  for (const channel of channelsOf(offer)) await addLxcIndexes(files, offer, channel, signer);
  const shards: Catalog['shards'] = {};
  for (const shard of shardsOf(offer)) {
    const text = `${JSON.stringify(shard, undefined, 1)}\n`;
    const digest = digestOf(Buffer.from(text));
    files.set(`cooper/v1/shards/${digest.sha256}.json`, text);
    shards[shard.distribution] = digest;
  }
  const catalog: Catalog = {
    schemaVersion: 1,
    critical: [],
    kind: 'cooper.catalog',
    publisher: signer.fingerprint,
    serial,
    issued: now.toISOString(),
    expires: new Date(now.getTime() + catalogLife).toISOString(),
    certificate: { sha256: sha256Of(signer.certificate) },
    shards,
  };
  files.set('cooper/v1/catalog', await signer.signClear(JSON.stringify(catalog, undefined, 1)));
  return files;
}

async function addLxcIndexes(files: Map<string, string>, offer: Offer, channel: string, signer: Signer): Promise<void> {
  const index = lxcIndex(offer, channel);
  const signature = await signer.signDetached(Buffer.from(index));
  for (const path of indexPaths(channel)) {
    files.set(path, index);
    files.set(`${path}.asc`, signature);
  }
}
