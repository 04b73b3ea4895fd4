// What others have signed of the origin's builds, with their certificates. A signature has to be one over the image.json that the
// catalog names before it lands. Whether its key was revoked since is for clients to judge: the origin lists what it lists.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressBelow, type Publisher } from '../../client/index.ts';
import { CooperError, type ErrorCode, isSystemError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { certificateLimit, signatureLimit } from '../../image/index.ts';
import {
  beforeRevocations,
  type Certificate,
  readCertificates,
  type Verified,
  verifyDetached,
} from '../../keys/index.ts';
import { attestationPath, attestersOf, certificatePath } from '../publish/attestation.ts';
import type { Certificates } from '../publish/attesters.ts';
import { readImageJson } from '../publish/image-json.ts';
import type { Attestation } from '../publish/land-attestation.ts';
import type { Offer, OfferedBuild } from '../publish/offer.ts';

/** What the tree lacks of it. */
export interface FetchedAttestations {
  readonly attestations: readonly Attestation[];
  /** All that the offer needs, as the origin has them. */
  readonly certificates: Certificates;
}

/**
 * Fetches and verifies. `folderOf` is where the files of a build are now: in the tree, or fetched and not placed yet.
 * @throws CooperError 'origin-incomplete', 'tree-damaged'; what fetchBytes throws
 */
export async function fetchAttestations(
  origin: Publisher,
  offer: Offer,
  folderOf: (build: OfferedBuild) => string,
): Promise<FetchedAttestations> {
  const certificates = new Map<string, Certificate>();
  const texts = new Map<string, string>();
  for (const attester of attestersOf(offer)) {
    const text = await fetchText(origin, certificatePath(attester), certificateLimit);
    certificates.set(attester, await certificateIn(origin, attester, text));
    texts.set(attester, text);
  }
  const attestations: Attestation[] = [];
  for (const build of [...offer.values()].flatMap(({ builds }) => builds)) {
    if (build.attestations.length === 0) continue;
    const folder = folderOf(build);
    const imageJson = await readImageJson(folder, build);
    for (const attester of new Set(build.attestations)) {
      const certificate = certificates.get(attester);
      if (certificate === undefined) throw new TypeError('an attester of the offer has no certificate');
      if (await isGood(join(folder, attestationPath('', attester)), imageJson, certificate)) continue;
      const signature = await fetchSignature(origin, attestationPath(build.path, attester), imageJson, certificate);
      attestations.push({ folder: build.path, attester, signature });
    }
  }
  return { attestations, certificates: texts };
}

/** Whether a signature is there that clients take: another one may have taken the place of one whose key was revoked. */
async function isGood(path: string, imageJson: Verified<Buffer>, certificate: Certificate): Promise<boolean> {
  try {
    await verifyDetached(imageJson.value, await readFile(path, 'utf8'), [certificate], 'when-signed');
    return true;
  } catch (error) {
    if (error instanceof CooperError || isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

async function fetchSignature(
  origin: Publisher,
  path: string,
  imageJson: Verified<Buffer>,
  certificate: Certificate,
): Promise<string> {
  const signature = await fetchText(origin, path, signatureLimit);
  try {
    await verifyDetached(imageJson.value, signature, [await beforeRevocations(certificate)], 'when-signed', path);
    return signature;
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    throw incomplete(origin, path, error);
  }
}

async function certificateIn(origin: Publisher, attester: string, text: string): Promise<Certificate> {
  const path = certificatePath(attester);
  try {
    const found = (await readCertificates(Buffer.from(text))).find(({ fingerprint }) => fingerprint === attester);
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    throw incomplete(origin, path, error);
  }
  throw incomplete(origin, path);
}

const notThere: ReadonlySet<ErrorCode> = new Set(['not-found-on-server', 'download-too-large']);

async function fetchText(origin: Publisher, path: string, limit: number): Promise<string> {
  const { server, transport, signal } = origin;
  try {
    return (await fetchBytes(addressBelow(server, path).href, { transport, limit, signal })).toString('utf8');
  } catch (error) {
    if (error instanceof CooperError && notThere.has(error.code)) throw incomplete(origin, path, error);
    throw error;
  }
}

function incomplete({ server }: Publisher, path: string, cause?: CooperError): CooperError {
  return new CooperError('origin-incomplete', {
    what: `${addressBelow(server, path).href} is not what the catalog says that it is`,
    lines: cause === undefined ? [] : [cause.message],
    cause,
  });
}
