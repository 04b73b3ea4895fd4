// Plamo Linux: what a definition says of a mirror, and what an image gets of that.

import { z } from 'zod';
import { place, type SourceParts } from './source-parts.ts';

const packageName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+~_:%@=,-]*$/, 'is not the name of a package');

/** Names that are left out. */
export const ignored = z
  .array(packageName)
  .default([])
  .describe(
    'Packages of no use in a container: by name, or by its beginning up to a -; left out unless a variant names them',
  );

/** A second mirror. */
export const compared = place.optional().describe('A second mirror, which has to have the same packages');

/** `source` of a definition with `kind: plamo`. */
export const plamoSchema = z.strictObject({
  kind: z.literal('plamo'),
  mirror: place.describe('The folder of the release and architecture, in which plamo/ and contrib/ are'),
  compare: compared,
  ignore: ignored,
});

/** A mirror of Plamo Linux, narrowed to one image. */
export interface PlamoSource {
  readonly kind: 'plamo';
  readonly mirror: string;
  readonly compare?: string;
  readonly ignore: readonly string[];
}

/** Narrows the source to the release and architecture of an image. */
export function plamoSource(source: z.infer<typeof plamoSchema>, parts: SourceParts): PlamoSource {
  return { kind: source.kind, ignore: source.ignore, ...filledMirrors(source, parts) };
}

/** Both mirrors with their placeholders filled in. */
export function filledMirrors(
  { mirror, compare }: { readonly mirror: string; readonly compare?: string | undefined },
  { fill }: SourceParts,
): { readonly mirror: string; readonly compare?: string } {
  return { mirror: fill(mirror), ...(compare === undefined ? {} : { compare: fill(compare) }) };
}
