// What a server, a mirror, somebody on the way or a thief of a signing key may try, and when it is refused: one function each, named
// after the attack. Pure: the clock and what this machine remembers are arguments. Signatures and digests were checked before
// (keys/verify, keys/digest-check); a revocation that is withheld does not help, since remembered certificates keep theirs
// (keys/certificate, mergeCertificates); data without end meets the limits of fetch/.

import { CooperError } from '../../errors/index.ts';
import type { Catalog, Manifest, Shard } from '../../image/index.ts';
import type { Sha256 } from '../../keys/digest.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { isPathBelow } from './server-address.ts';

/** What this machine remembers of a publisher. */
export interface SeenCatalog {
  readonly serial: number;
  /** Of the catalog's signed text. */
  readonly sha256: Sha256;
  /** The publisher's certificate with everything that was ever seen of it: ASCII armor. */
  readonly certificate?: string | undefined;
}

/** A catalog and everything it is judged by. */
export interface CatalogCase {
  readonly catalog: Catalog;
  /** Of the catalog's signed text. */
  readonly sha256: Sha256;
  /** Fingerprint of the certificate that signed it. */
  readonly signedBy: string;
  /** SHA-256 of the certificate file that the server handed out. */
  readonly certificate: Sha256;
  readonly seen: SeenCatalog | undefined;
  readonly now: Date;
}

/**
 * The longest time for which a catalog is believed, whatever it says of itself: milliseconds. Who has stolen a signing subkey
 * could else sign one that holds for ever.
 */
export const longestCatalogLife = 92 * 24 * 3600 * 1000;

/** How far the clock of a publisher may be ahead: milliseconds, as keys/policy has it for signatures. */
const clockSkewAllowed = 5 * 60 * 1000;

/** Passes in silence or throws `key-mismatch`, `digest-mismatch`, `signature-from-future`, `catalog-expired` or `rollback-refused`. */
export function judgeCatalog(subject: CatalogCase): void {
  refuseImpostor(subject);
  refuseMixedGenerations(subject);
  refuseFuture(subject);
  refuseFreeze(subject);
  refuseTwoStories(subject);
  refuseRollback(subject);
}

/** What to do with a catalog of the cache that a server would not be believed: one that has expired, or was followed by another. */
export type OldCatalogs = 'refuse' | 'take';

/**
 * The same for a catalog that this machine has kept since it was believed. With `refuse` it is judged as if it came from a server, so
 * that whoever cuts a machine off gains nothing over serving it old catalogs; `take` is for a user who has said to ask nobody.
 * @returns what the user should know of its age
 */
export function judgeKeptCatalog(subject: CatalogCase, old: OldCatalogs): string[] {
  if (old === 'refuse') {
    judgeCatalog(subject);
    return [];
  }
  refuseImpostor(subject);
  refuseMixedGenerations(subject);
  refuseFuture(subject);
  refuseTwoStories(subject);
  return [refuseFreeze, refuseRollback].flatMap((judge) => {
    try {
      judge(subject);
      return [];
    } catch (error) {
      if (error instanceof CooperError) return [error.message];
      throw error;
    }
  });
}

/** A catalog in the name of another publisher than the one who signed it. */
function refuseImpostor({ catalog, signedBy }: CatalogCase): void {
  if (catalog.publisher === signedBy) return;
  throw new CooperError('key-mismatch', {
    what: `the catalog is that of ${catalog.publisher}, but ${signedBy} signed it`,
  });
}

/** Files of two generations put together. Those that the catalog names by digest cannot be, the certificate was read before it. */
function refuseMixedGenerations({ catalog, certificate }: CatalogCase): void {
  if (catalog.certificate.sha256 === certificate) return;
  throw new CooperError('digest-mismatch', {
    what: `the certificate on the server (sha256 ${certificate}) is not the one that the catalog names`,
  });
}

/** A catalog from the future, so that it outlives its time; or this machine's clock is behind. */
function refuseFuture({ catalog, now }: CatalogCase): void {
  if (Date.parse(catalog.issued) <= now.getTime() + clockSkewAllowed) return;
  throw new CooperError('signature-from-future', {
    what: `the catalog (serial ${catalog.serial}) says that it was issued on ${catalog.issued}; it is now ${now.toISOString()}`,
  });
}

/** An old catalog shown again and again, so that nobody learns of newer images. */
function refuseFreeze({ catalog, now }: CatalogCase): void {
  const longest = Date.parse(catalog.issued) + longestCatalogLife;
  const end = Math.min(Date.parse(catalog.expires), longest);
  if (now.getTime() < end) return;
  const ended =
    end === longest ? `is of ${catalog.issued}, longer ago than any is believed` : `expired on ${catalog.expires}`;
  throw new CooperError('catalog-expired', {
    what: `the catalog (serial ${catalog.serial}) ${ended}; it is now ${now.toISOString()}`,
  });
}

/** Two catalogs under one serial: one for these clients, one for those. */
function refuseTwoStories({ catalog, sha256, seen }: CatalogCase): void {
  if (seen === undefined || catalog.serial !== seen.serial || sha256 === seen.sha256) return;
  throw new CooperError('rollback-refused', {
    what: `the catalog has serial ${seen.serial}, but other contents than when this machine last saw that serial`,
  });
}

/** An older catalog than this machine has seen, with images that have since been replaced. */
function refuseRollback({ catalog, seen }: CatalogCase): void {
  if (seen === undefined || catalog.serial >= seen.serial) return;
  throw new CooperError('rollback-refused', {
    what: `the catalog has serial ${catalog.serial}, but this machine has already seen ${seen.serial}`,
  });
}

/** The shard of one distribution where that of another was asked for, or one with paths that leave the server. */
export function refuseWrongShard(shard: Shard, distribution: string, address: string): void {
  if (shard.distribution !== distribution) {
    throw new CooperError('signed-document-invalid', {
      what: `${address} is the shard of ${shard.distribution}, not of ${distribution}`,
    });
  }
  const paths = shard.images.flatMap(({ builds }) => builds.map(({ path }) => path));
  const escaping = paths.find((path) => !isPathBelow(path));
  if (escaping === undefined) return;
  throw new CooperError('signed-document-invalid', {
    what: `${address} names a path that leads out of the server: ${JSON.stringify(escaping)}`,
  });
}

/** A validly signed description of another image or build than the one that was asked for. */
export function refuseWrongImage(
  contents: Manifest,
  wanted: ImageId & { readonly build: string },
  address: string,
): void {
  if (imageName(contents) === imageName(wanted) && contents.build === wanted.build) return;
  throw new CooperError('signed-document-invalid', {
    what: `${address} describes ${imageName(contents)} ${contents.build}, not ${imageName(wanted)} ${wanted.build}`,
  });
}
