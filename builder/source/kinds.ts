// The kinds of source: a definition's `source.kind` decides which row answers.

import type { ResolvedImage, Source } from '../../variants/resolved.ts';
import { busybox } from './busybox/busybox.ts';
import { debian } from './debian/debian.ts';
import type { ImageOf, OpenSource, SourceKind, SourceRequest } from './kind.ts';
import { oci } from './oci/oci.ts';
import { plamo } from './pkgtools/plamo.ts';
import { slackware } from './pkgtools/slackware.ts';
import { rootfs } from './rootfs/rootfs.ts';
import { template } from './template/template.ts';
import { container, directory } from './tree/tree.ts';

const kinds: { readonly [Kind in Source['kind']]: SourceKind<Kind> } = {
  debian,
  rootfs,
  oci,
  directory,
  container,
  busybox,
  template,
  plamo,
  slackware,
};

/** The source of an image, for one run. Throws what deciding where it is reached throws. */
export function openSource(image: ResolvedImage, request: SourceRequest): Promise<OpenSource> {
  // The row is that of the image's own kind, which a union of functions does not say.
  const kind = kinds[image.source.kind] as SourceKind<Source['kind']>;
  return kind.open(image as ImageOf<Source['kind']>, request);
}
