// The certificates of those who have attested builds. A generation has them beside the publisher's own, as long as a build on offer
// has a signature of theirs. Nothing signed names their digests: they speak for themselves, and clients pin their fingerprints.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { certificateLimit } from '../../image/index.ts';
import { type Certificate, mergeCertificates, readCertificates } from '../../keys/index.ts';
import { attestersOf, certificatePath } from './attestation.ts';
import type { Offer } from './offer.ts';
import { treePaths } from './tree.ts';

/** Armored certificates by fingerprint. */
export type Certificates = ReadonlyMap<string, string>;

/**
 * The certificates that a generation with this offer has to hold: those of `given`, and what the live generation has of the others.
 * @throws CooperError 'tree-damaged' for one that is nowhere
 */
export async function certificatesFor(
  tree: string,
  offer: Offer,
  given: readonly Certificate[],
): Promise<Certificates> {
  const found = new Map<string, string>();
  for (const fingerprint of attestersOf(offer)) {
    const certificate =
      given.find((each) => each.fingerprint === fingerprint) ?? (await liveCertificate(tree, fingerprint));
    if (certificate === undefined) {
      throw new CooperError('tree-damaged', {
        what: `${certificatePath(fingerprint)} of the live generation of ${tree} is not the certificate of its name`,
        next: 'Put it there again with `cooper attest --certificate FILE`.',
      });
    }
    found.set(fingerprint, certificate.armored);
  }
  return found;
}

/** With everything that the live generation knows of it already: what was revoked stays so, whichever copy is given. */
export async function withLive(tree: string, certificate: Certificate, now: Date): Promise<Certificate> {
  const known = await liveCertificate(tree, certificate.fingerprint);
  return known === undefined ? certificate : mergeCertificates(known, certificate, now);
}

/** Throws 'key-unreadable' for a certificate that no client would read. */
export function refuseLarge({ fingerprint, armored }: Certificate): void {
  if (armored.length <= certificateLimit) return;
  throw new CooperError('key-unreadable', {
    what: `the certificate ${fingerprint} has ${armored.length} bytes, of which clients read ${certificateLimit}`,
    next: 'Leave out what others have signed: `gpg --armor --export-options export-minimal --export FPR`.',
  });
}

/** Somebody whose signature stands beside that of the publisher. */
export interface Attester {
  readonly fingerprint: string;
  /** As the certificate says, which anybody can write; none when it cannot be read. */
  readonly userIds: readonly string[];
}

/** Who they are, by their certificates in the live generation. */
export function describeAttesters(tree: string, fingerprints: readonly string[]): Promise<readonly Attester[]> {
  return Promise.all(
    fingerprints.map(async (fingerprint) => {
      const { userIds = [] } = (await liveCertificate(tree, fingerprint)) ?? {};
      return { fingerprint, userIds };
    }),
  );
}

/** The certificate that the live generation has under this fingerprint; undefined when there is none that can be read. */
export async function liveCertificate(tree: string, fingerprint: string): Promise<Certificate | undefined> {
  try {
    const bytes = await readFile(join(treePaths(tree).live, certificatePath(fingerprint)));
    return (await readCertificates(bytes)).find((each) => each.fingerprint === fingerprint);
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'EISDIR')) return undefined;
    if (error instanceof CooperError && error.code === 'key-unreadable') return undefined;
    throw error;
  }
}
