// Sources that are a container image in OCI's or Docker's form: in a registry, or in a layout folder beside the definition.

import { z } from 'zod';
import type { BesideFolder } from '../beside-folder.ts';
import { expecting } from '../schema-parts.ts';
import { digestSchema, type SourceParts } from './source-parts.ts';

const component = '[a-z0-9{][a-z0-9{}._-]*';

/** `source` of a definition with `kind: oci`. */
export const ociSchema = z
  .strictObject({
    kind: z.literal('oci'),
    image: z
      .string()
      .regex(
        new RegExp(`^(?:https?://[^\\s?#@/]+(?:/${component})+|\\./[^\\0\\n]+)$`),
        expecting(
          'the URL of a repository, as in https://registry.example.org/library/name, or ./LAYOUT beside the definition',
        ),
      )
      .describe(
        'Address of the registry and name of the repository in it; or, with ./ before it, an OCI image layout folder beside the definition. {release}, {version}, {architecture} and {machine} are filled in in an address',
      ),
    tag: z
      .string()
      .regex(/^[A-Za-z0-9_{][A-Za-z0-9_{}.-]*$/, expecting('a tag'))
      .default('{release}')
      .describe('Which image of the repository; placeholders as in `image`. Not asked for where a digest is pinned'),
    digest: digestSchema.optional().describe('SHA-256 of the manifest or of the index, by RELEASE/ARCHITECTURE'),
  })
  .refine(({ image, digest }) => !image.startsWith('http://') || digest !== undefined, {
    path: ['digest'],
    ...expecting('what vouches for an image from plain http: pin `digest`, or write https'),
  });

/** A container image, narrowed to one image. */
export interface OciSource {
  readonly kind: 'oci';
  /** URL of the repository, or the layout. */
  readonly image: { readonly url: string } | { readonly layout: BesideFolder };
  readonly tag: string;
  /** SHA-256 of the manifest or index, where the definition pins it. */
  readonly pinned?: string;
}

/** Narrows the source to the release and architecture of an image. */
export function ociSource({ kind, image, tag, digest }: z.infer<typeof ociSchema>, parts: SourceParts): OciSource {
  const pinned = digest?.[parts.image];
  return {
    kind,
    image: image.startsWith('./') ? { layout: parts.folder(image) } : { url: parts.fill(image) },
    tag: parts.fill(tag),
    ...(pinned === undefined ? {} : { pinned }),
  };
}
