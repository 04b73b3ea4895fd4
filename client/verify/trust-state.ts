// Decides whether a catalog may be believed: right publisher, right certificate, not expired, not older than what this
// machine has already seen. Pure: the clock and the memory are arguments. The signature was checked before (keys/verify).

import { CooperError } from '../../errors/index.ts';
import type { Catalog } from '../../image/index.ts';
import type { Sha256 } from '../../keys/digest.ts';

/** What this machine remembers of a publisher. */
export interface SeenCatalog {
  readonly serial: number;
  /** Of the catalog's signed text. */
  readonly sha256: Sha256;
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

/** Passes in silence or throws `key-mismatch`, `digest-mismatch`, `catalog-expired` or `rollback-refused`. */
export function judgeCatalog(subject: CatalogCase): void {
  requirePublisher(subject);
  requireCertificate(subject);
  requireFresh(subject);
  requireForward(subject);
}

/** What to remember once the catalog was believed. */
export function remember({ catalog, sha256 }: CatalogCase): SeenCatalog {
  return { serial: catalog.serial, sha256 };
}

function requirePublisher({ catalog, signedBy }: CatalogCase): void {
  if (catalog.publisher === signedBy) return;
  throw new CooperError('key-mismatch', {
    what: `the catalog is that of ${catalog.publisher}, but ${signedBy} signed it`,
  });
}

function requireCertificate({ catalog, certificate }: CatalogCase): void {
  if (catalog.certificate.sha256 === certificate) return;
  throw new CooperError('digest-mismatch', {
    what: `the certificate on the server (sha256 ${certificate}) is not the one that the catalog names`,
  });
}

function requireFresh({ catalog, now }: CatalogCase): void {
  if (now.getTime() < Date.parse(catalog.expires)) return;
  throw new CooperError('catalog-expired', {
    what: `the catalog (serial ${catalog.serial}) expired on ${catalog.expires}; it is now ${now.toISOString()}`,
  });
}

/** An equal serial must mean equal bytes: a publisher that signs two catalogs under one serial tells two stories. */
function requireForward({ catalog, sha256, seen }: CatalogCase): void {
  if (seen === undefined || catalog.serial > seen.serial) return;
  if (catalog.serial === seen.serial && sha256 === seen.sha256) return;
  const what =
    catalog.serial === seen.serial
      ? `the catalog has serial ${seen.serial}, but other contents than when this machine last saw that serial`
      : `the catalog has serial ${catalog.serial}, but this machine has already seen ${seen.serial}`;
  throw new CooperError('rollback-refused', { what });
}
