// trust.threshold for a build on this machine: the signatures of other publishers are in its folder, their certificates known here.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { signatureLimit } from '../../image/index.ts';
import { type Fingerprint, signatureFaults, type Verified, verifyDetached } from '../../keys/index.ts';
import { requireVoices, type Threshold } from '../verify/attestations.ts';
import type { KnownSigner } from './signers.ts';
import type { LocalTrust, VouchedFiles } from './vouch.ts';

/** What is known of the build when others are asked for. */
interface LocalBuildTrust {
  readonly trust: LocalTrust;
  readonly vouched: VouchedFiles;
  readonly threshold: Threshold | undefined;
}

/**
 * Passes when enough publishers have signed image.json; who names digests or vouches in person asks for no others.
 * @throws CooperError `attestations-missing`
 */
export async function requireLocalAttestations(
  folder: string,
  imageJson: Verified<Buffer>,
  { trust, vouched, threshold }: LocalBuildTrust,
): Promise<void> {
  if (threshold === undefined || trust.kind === 'digests' || trust.kind === 'user') return;
  const publisher = trust.kind === 'catalog' ? trust.publisher : vouched.signer?.fingerprint;
  if (publisher === undefined) throw new TypeError('a signature has a signer');
  const faultOf = (other: Fingerprint) => faultOfAttestation(folder, imageJson, other, trust.known);
  await requireVoices(publisher, folder, threshold, faultOf);
}

async function faultOfAttestation(
  folder: string,
  imageJson: Verified<Buffer>,
  fingerprint: Fingerprint,
  known: readonly KnownSigner[],
): Promise<string | undefined> {
  const file = path.join(folder, 'attestations', `${fingerprint}.asc`);
  const own = known.flatMap(({ certificate }) => (certificate.fingerprint === fingerprint ? [certificate] : []));
  if (own.length === 0) return 'no certificate of this key is known here';
  try {
    const signature = (await readFile(file)).subarray(0, signatureLimit).toString('utf8');
    // As of its own date, as on a server: a subkey ends long before an image does.
    await verifyDetached(imageJson.value, signature, own, 'when-signed', file);
    return undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return `${file} is not there`;
    if (error instanceof CooperError && signatureFaults.includes(error.code)) return error.message;
    throw error;
  }
}
