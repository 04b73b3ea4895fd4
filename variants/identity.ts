// Names of images as people type them and as they stand in paths and indexes.

/** `dist/release/arch/variant` in parts; architecture names are Debian's (docs/PROTOCOLS.md, section 5). */
export interface ImageId {
  readonly distribution: string;
  readonly release: string;
  readonly architecture: string;
  readonly variant: string;
}

/** `debian/bookworm/amd64/mini`. */
export function imageName(id: ImageId): string {
  return `${id.distribution}/${id.release}/${id.architecture}/${id.variant}`;
}

export { debianArchitecture, hostArchitecture, namedArchitecture } from './architecture.ts';
export { didYouMean, nearMatches } from './near.ts';
