// Whether this machine has reason to expect a signed catalog of a server: then one that has none is refused, since whoever can take
// the catalog away could hand out images that nobody has signed.

import { parseFingerprint } from '../../keys/index.ts';
import type { TrustChoice } from './choose-pin.ts';
import { readPins } from './pin-store.ts';
import type { ServerUrl } from './server-address.ts';
import { readSeen } from './trust-store.ts';

/** A clause that says why it is to have a catalog; undefined when nothing says so. Throws `trust-state-invalid`. */
export async function whyKnown(server: ServerUrl, trust: TrustChoice, trustDir: string): Promise<string | undefined> {
  if (trust.configured?.has(server.href) === true) return 'cooper.yaml pins its key';
  if ((await readPins(trustDir))[server.href] !== undefined) return 'its key was accepted here';
  const named = parseFingerprint(trust.keyid ?? trust.acceptKey ?? trust.remote?.keyid ?? '');
  if (named === undefined || (await readSeen(trustDir, named)) === undefined) return undefined;
  return `a catalog of the key ${named} was seen here before`;
}
