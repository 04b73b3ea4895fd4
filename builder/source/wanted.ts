// What has to be installed, whoever said so: the resolver, or a lock file. Pure.

import type { KeptSeed } from '../../image/index.ts';
import type { FileDigest } from '../../keys/index.ts';

/** A package to be fetched and installed: where it is and what it must be. */
export interface WantedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Value of the field Multi-Arch: it decides under which name dpkg files the package. */
  readonly multiArch: string;
  readonly source: { readonly name: string; readonly version: string };
  readonly archive: 'main' | 'security';
  /** Below the mirror: `pool/main/…`. */
  readonly path: string;
  readonly digest: FileDigest;
  /** Belongs to the first pass: must be there before any maintainer script can run. */
  readonly essential: boolean;
  /** Nobody asked for it by name: apt's auto-installed mark. */
  readonly automatic: boolean;
}

/** An archive that the root of the lowest layer is unpacked from; of several one lies upon the other. */
export interface SeedPart {
  /** For people. */
  readonly name: string;
  readonly digest: FileDigest;
  /** Not unpacked: it becomes the file of this name beside image.json. */
  readonly keptAs?: KeptSeed;
}

/** A package whose file is in the cache. */
export interface FetchedPackage extends WantedPackage {
  readonly file: string;
}

/** What tells one package from all others of an archive. */
export function packageKey({
  name,
  version,
  architecture,
}: Pick<WantedPackage, 'name' | 'version' | 'architecture'>): string {
  return `${name}_${version}_${architecture}`;
}
