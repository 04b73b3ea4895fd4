// cooper/v1/selection.json: which images of its origin a mirror has. Its catalog and shards are the origin's and list all of them.

import { z } from 'zod';
import { documentHead, nameSchema } from './manifest-parts.ts';

const names = (what: string) => z.array(nameSchema).describe(`${what}; none: all of them`);

/** cooper/v1/selection.json. Not signed: it can only make less of what is signed. */
export const selectionSchema = z.object({
  ...documentHead,
  kind: z.literal('cooper.selection'),
  distributions: names('Distributions'),
  releases: names('Releases'),
  architectures: names("Architectures, by Debian's names"),
  variants: names('Variants'),
});

/** Names by part of an image's name. A part without names leaves everything in. */
export type Selection = Pick<z.infer<typeof selectionSchema>, (typeof parts)[number]['names']>;

const parts = [
  { names: 'distributions', part: 'distribution' },
  { names: 'releases', part: 'release' },
  { names: 'architectures', part: 'architecture' },
  { names: 'variants', part: 'variant' },
] as const;

/** Parts of an image's name. */
type Named = Readonly<Record<(typeof parts)[number]['part'], string>>;

/** The selection that leaves nothing out. */
export const wholeSelection: Selection = { distributions: [], releases: [], architectures: [], variants: [] };

/** True when nothing is left out. */
export function isWhole(selection: Selection): boolean {
  return parts.every(({ names }) => selection[names].length === 0);
}

/** True for an image that is in the selection. */
export function isSelected(selection: Selection, image: Named): boolean {
  return parts.every(({ names, part }) => selection[names].length === 0 || selection[names].includes(image[part]));
}

/** Names of the selection that none of the images has, each with the part it is of. */
export function unmatchedNames(selection: Selection, images: readonly Named[]): { part: string; name: string }[] {
  return parts.flatMap(({ names, part }) =>
    selection[names].filter((name) => !images.some((image) => image[part] === name)).map((name) => ({ part, name })),
  );
}

/** The text of the document; the same for the same selection, in whatever order and however often names were given. */
export function selectionDocument(selection: Selection): string {
  const sorted = parts.map(({ names }) => [names, [...new Set(selection[names])].sort()] as const);
  const document = { schemaVersion: 1, critical: [], kind: 'cooper.selection', ...Object.fromEntries(sorted) };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}
