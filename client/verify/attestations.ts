// trust.threshold: several publishers have to stand behind an image, so that one stolen key is not enough. Who made the same bytes
// anew signs the same image.json (docs/DESIGN.md, "Trust"): <build>/attestations/<FPR>.asc.

import { CooperError, type ErrorCode } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { signatureLimit } from '../../image/index.ts';
import { type Fingerprint, signatureFaults, type Verified, verifyDetached } from '../../keys/index.ts';
import type { Publisher } from './publisher.ts';
import { fetchCertificate, readServedCertificates } from './served.ts';
import { addressBelow } from './server-address.ts';

/** How many of whom must have signed an image. The publisher of the catalog is always among them. */
export interface Threshold {
  readonly signatures: number;
  readonly publishers: readonly Fingerprint[];
}

/** What is the fault of a signature or of the server, and costs a voice; all else ends the run. */
const noVoice: ReadonlySet<ErrorCode> = new Set([
  'not-found-on-server',
  'download-too-large',
  'key-mismatch',
  ...signatureFaults,
]);

/**
 * Passes when enough publishers have signed `imageJson`, which the catalog vouches for. `folder` is that of the build, relative to
 * the server.
 * @throws CooperError `attestations-missing` with a line for each who has not; what fetchBytes throws
 */
export async function requireAttestations(
  publisher: Publisher,
  folder: string,
  imageJson: Verified<Buffer>,
  threshold: Threshold,
): Promise<void> {
  const faultOf = (other: Fingerprint) => faultOfAttestation(publisher, folder, imageJson, other);
  await requireVoices(publisher.fingerprint, folder, threshold, faultOf);
}

/**
 * The same for a build anywhere, which messages call `folder`: `faultOf` says what is wrong with the signature of another publisher,
 * undefined when it counts.
 * @throws CooperError `attestations-missing`; what `faultOf` throws
 */
export async function requireVoices(
  publisher: Fingerprint,
  folder: string,
  threshold: Threshold,
  faultOf: (other: Fingerprint) => Promise<string | undefined>,
): Promise<void> {
  const others = new Set(threshold.publishers.filter((one) => one !== publisher));
  const faults: string[] = [];
  let signatures = 1;
  for (const other of others) {
    if (signatures >= threshold.signatures) return;
    const fault = await faultOf(other);
    if (fault === undefined) signatures += 1;
    else faults.push(`${other}: ${fault}`);
  }
  if (signatures >= threshold.signatures) return;
  throw new CooperError('attestations-missing', {
    what: `${folder} has ${signatures} of the ${threshold.signatures} publishers' signatures that trust.threshold asks for`,
    lines: faults,
  });
}

/** What is wrong with one publisher's signature, or undefined when it counts. */
async function faultOfAttestation(
  { server, transport, signal }: Publisher,
  folder: string,
  imageJson: Verified<Buffer>,
  fingerprint: Fingerprint,
): Promise<string | undefined> {
  const address = addressBelow(server, `${folder}attestations/${fingerprint}.asc`).href;
  try {
    const signature = await fetchBytes(address, { transport, limit: signatureLimit, signal });
    const bytes = await fetchCertificate(server, { kind: 'fingerprint', hex: fingerprint }, { transport, signal });
    const certificates = await readServedCertificates(bytes, server);
    const own = certificates.filter((certificate) => certificate.fingerprint === fingerprint);
    // Judged as of its own date: a subkey ends long before an image does, and a revoked one counts for nothing at any time.
    await verifyDetached(imageJson.value, signature.toString('utf8'), own, 'when-signed', address);
    return undefined;
  } catch (error) {
    if (error instanceof CooperError && noVoice.has(error.code)) return error.message;
    throw error;
  }
}
