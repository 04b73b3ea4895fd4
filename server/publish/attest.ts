// Takes what others have signed of published builds into the tree: a signature over image.json by somebody who has made the same
// bytes, and the certificate that it is verified with. Nothing is believed that clients would refuse.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { signatureLimit } from '../../image/index.ts';
import { type Certificate, type Verified, verifyDetached } from '../../keys/index.ts';
import type { Signer } from '../../keys/sign.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { attestationPath, attestersOf } from './attestation.ts';
import { liveCertificate, refuseLarge, withLive } from './attesters.ts';
import { readImageJson } from './image-json.ts';
import { landAttestation } from './land-attestation.ts';
import { newestIn, type OfferedBuild } from './offer.ts';
import { buildIn, imageIn, withAttestation } from './offer-change.ts';
import { type LiveGeneration, type Turn, type TurnOptions, takeTurn } from './turn.ts';

/** What somebody else says of a build. */
export interface AttestRequest {
  readonly image: ImageId;
  /** The newest of the channel when undefined. */
  readonly build: string | undefined;
  readonly channel: string;
  /** Detached, armored, over image.json. */
  readonly signature: string;
  /** The signer's is among them. */
  readonly certificates: readonly Certificate[];
}

/** Who has attested what, and the generation that shows it: none when everything was there already. */
export interface Attested {
  readonly build: string;
  readonly fingerprint: string;
  readonly userIds: readonly string[];
  readonly generation: LiveGeneration | undefined;
}

/**
 * Puts the signature beside the build and the certificate, merged with what is known of it, into a new generation. Atomic for readers;
 * publishers of one tree queue.
 * @throws CooperError 'image-not-found', 'build-not-found', 'signature-*', 'bad-usage' for the publisher's own signature, 'key-unreadable'
 *   for a certificate that no client would fetch; as takeTurn does
 */
export function attest(
  tree: string,
  request: AttestRequest,
  signer: Signer,
  now: Date,
  options: TurnOptions = {},
): Promise<Attested> {
  return takeTurn(tree, { signer, now }, options, async (turn) => {
    const build = wantedBuild(turn, request);
    const imageJson = await readImageJson(join(tree, build.path), build);
    const certificate = await attesterOf(turn, imageJson, request);
    const { fingerprint, userIds } = certificate;
    const { signature } = request;
    const landed = !(await stands(tree, build, imageJson, certificate));
    if (landed) {
      turn.onStep('place');
      await landAttestation(tree, { folder: build.path, attester: fingerprint, signature });
    }
    const offer = withAttestation(turn.offer, request.image, build.build, fingerprint);
    const changed = landed || (await isNews(tree, certificate));
    const generation = changed ? await turn.show(offer, [certificate]) : undefined;
    return { build: build.build, fingerprint, userIds, generation };
  });
}

/**
 * Renews the certificates of those who have attested builds, above all when they were revoked. Those of others are passed over.
 * @throws CooperError 'not-attested' when none is left, 'key-unreadable'; as takeTurn does
 */
export function renewAttesters(
  tree: string,
  certificates: readonly Certificate[],
  signer: Signer,
  now: Date,
  options: TurnOptions = {},
): Promise<Omit<Attested, 'build' | 'userIds' | 'fingerprint'> & { readonly fingerprints: readonly string[] }> {
  return takeTurn(tree, { signer, now }, options, async ({ offer, show }) => {
    const attesters = attestersOf(offer);
    const known = certificates.filter(({ fingerprint }) => attesters.includes(fingerprint));
    if (known.length === 0) {
      const lines = certificates.map(({ fingerprint }) => `the file has ${fingerprint}`);
      throw new CooperError('not-attested', { what: 'no build on offer has a signature of this certificate', lines });
    }
    const merged = await Promise.all(known.map((each) => withLive(tree, each, now)));
    merged.forEach(refuseLarge);
    const news = await Promise.all(merged.map((each) => isNews(tree, each)));
    const generation = news.includes(true) ? await show(offer, merged) : undefined;
    return { fingerprints: merged.map(({ fingerprint }) => fingerprint), generation };
  });
}

function wantedBuild({ offer }: Turn, { image: id, build, channel }: AttestRequest): OfferedBuild {
  const image = imageIn(offer, id);
  if (build !== undefined) return buildIn(image, build);
  const newest = newestIn(image, channel);
  if (newest !== undefined) return newest;
  throw new CooperError('build-not-found', { what: `${imageName(id)} has no build in ${channel}` });
}

/** The certificate, with all that is known of it, that the signature is good by now. */
async function attesterOf(
  { tree, publisher, now }: Turn,
  imageJson: Verified<Buffer>,
  { signature, certificates }: AttestRequest,
): Promise<Certificate> {
  if (signature.length > signatureLimit) {
    throw new CooperError('signature-invalid', {
      what: `the file of the signature has more than ${signatureLimit} bytes`,
    });
  }
  const merged = await Promise.all(certificates.map((each) => withLive(tree, each, now)));
  const { signedBy } = await verifyDetached(imageJson.value, signature, merged, now, 'image.json');
  const certificate = merged.find(({ fingerprint }) => fingerprint === signedBy);
  if (certificate === undefined) throw new TypeError('a signature was verified by a certificate that is not there');
  if (signedBy === publisher.fingerprint) {
    throw new CooperError('bad-usage', {
      what: `${signedBy} is the key of this tree, which has signed the build already`,
      next: 'An attestation is the signature of somebody else.',
    });
  }
  refuseLarge(certificate);
  return certificate;
}

/** Whether the build has a signature of theirs that clients take. */
async function stands(
  tree: string,
  { path, attestations }: OfferedBuild,
  imageJson: Verified<Buffer>,
  certificate: Certificate,
): Promise<boolean> {
  if (!attestations.includes(certificate.fingerprint)) return false;
  try {
    const signature = await readFile(join(tree, attestationPath(path, certificate.fingerprint)), 'utf8');
    await verifyDetached(imageJson.value, signature, [certificate], 'when-signed');
    return true;
  } catch (error) {
    if (error instanceof CooperError || isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

async function isNews(tree: string, certificate: Certificate): Promise<boolean> {
  return (await liveCertificate(tree, certificate.fingerprint))?.armored !== certificate.armored;
}
