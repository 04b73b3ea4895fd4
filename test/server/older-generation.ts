// Makes of the live generation one of an earlier version, which knew neither lists for LXD nor SHA256SUMS.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificates, verifyClearSigned } from '../../keys/index.ts';
import type { Signer } from '../../keys/sign.ts';

/** Signs the catalog of the tree anew, without its lists, and removes them. */
export async function makeOlder(tree: string, signer: Signer): Promise<void> {
  removeStreams(tree);
  const catalog = join(tree, 'live/cooper/v1/catalog');
  const certificates = await readCertificates(Buffer.from(signer.certificate));
  const { text } = await verifyClearSigned(readFileSync(catalog, 'utf8'), certificates, 'when-signed');
  const { streams, ...older } = JSON.parse(text);
  writeFileSync(catalog, await signer.signClear(JSON.stringify(older, undefined, 1)));
}

/** As an earlier version leaves a mirror: the catalog names what is not there. */
export function removeStreams(tree: string): void {
  const live = join(tree, 'live');
  for (const name of readdirSync(live).filter((name) => name.startsWith('SHA256SUMS'))) rmSync(join(live, name));
  for (const name of readdirSync(live, { recursive: true, encoding: 'utf8' })) {
    if (/^(?:[^/]+\/)?streams$/.test(name)) rmSync(join(live, name), { recursive: true });
  }
}
