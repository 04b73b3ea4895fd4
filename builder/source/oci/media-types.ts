// The media types of container images that are read: OCI's and those of Docker's schema 2 (OCI image specification, media-types.md).
// Pure. What is not listed is not guessed at.

/** What a document or a blob of an image is. */
export type BlobKind = 'index' | 'manifest' | 'config' | 'layer' | 'foreign-layer';

const oci = 'application/vnd.oci.image';
const docker = 'application/vnd.docker';

const kinds: Readonly<Record<string, BlobKind>> = {
  [`${oci}.index.v1+json`]: 'index',
  [`${docker}.distribution.manifest.list.v2+json`]: 'index',
  [`${oci}.manifest.v1+json`]: 'manifest',
  [`${docker}.distribution.manifest.v2+json`]: 'manifest',
  [`${oci}.config.v1+json`]: 'config',
  [`${docker}.container.image.v1+json`]: 'config',
  [`${oci}.layer.v1.tar`]: 'layer',
  [`${oci}.layer.v1.tar+gzip`]: 'layer',
  [`${oci}.layer.v1.tar+zstd`]: 'layer',
  [`${docker}.image.rootfs.diff.tar`]: 'layer',
  [`${docker}.image.rootfs.diff.tar.gzip`]: 'layer',
  [`${docker}.image.rootfs.diff.tar.zstd`]: 'layer',
  [`${oci}.layer.nondistributable.v1.tar`]: 'foreign-layer',
  [`${oci}.layer.nondistributable.v1.tar+gzip`]: 'foreign-layer',
  [`${oci}.layer.nondistributable.v1.tar+zstd`]: 'foreign-layer',
  [`${docker}.image.rootfs.foreign.diff.tar.gzip`]: 'foreign-layer',
};

/** What has this media type; undefined for one that is not read. Parameters (`; charset=utf-8`) say nothing. */
export function kindOfMediaType(mediaType: string): BlobKind | undefined {
  const plain = mediaType.replace(/;.*$/s, '').trim().toLowerCase();
  return Object.hasOwn(kinds, plain) ? kinds[plain] : undefined;
}

/** Value of the header Accept for what a tag may lead to. */
export const acceptedDocuments: string = Object.entries(kinds)
  .flatMap(([type, kind]) => (kind === 'index' || kind === 'manifest' ? [type] : []))
  .join(', ');
