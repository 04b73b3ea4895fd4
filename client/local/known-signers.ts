// The publishers whose catalogs this machine has believed: their certificates are in the trust folder.

import { type Fingerprint, parseFingerprint, readCertificates } from '../../keys/index.ts';
import type { TrustChoice } from '../verify/choose-pin.ts';
import { readPins } from '../verify/pin-store.ts';
import { readSeen } from '../verify/trust-store.ts';
import type { KnownSigner } from './signers.ts';

/**
 * The signers that the command line, cooper.yaml, the remotes (keys by name) and the trust folder name, as far as a certificate of theirs
 * was ever seen here.
 * @throws CooperError `trust-state-invalid`
 */
export async function readKnownSigners(
  trustDir: string,
  { keyid = '', configured }: Pick<TrustChoice, 'keyid' | 'configured'>,
  remotes: ReadonlyMap<string, Fingerprint>,
): Promise<readonly KnownSigner[]> {
  const reasons = new Map<Fingerprint, string>();
  const named = parseFingerprint(keyid);
  if (named !== undefined) reasons.set(named, 'is the key that the command line names');
  for (const [server, key] of Object.entries(await readPins(trustDir))) reasons.set(key, `was accepted for ${server}`);
  for (const [name, key] of remotes) reasons.set(key, `is that of the remote ${name}`);
  for (const [server, key] of configured ?? []) reasons.set(key, `is that of ${server} in cooper.yaml`);
  const known: KnownSigner[] = [];
  for (const [fingerprint, why] of reasons) {
    const armored = (await readSeen(trustDir, fingerprint))?.certificate;
    if (armored === undefined) continue;
    const certificates = await readCertificates(Buffer.from(armored));
    known.push(...certificates.map((certificate) => ({ certificate, why })));
  }
  return known;
}
