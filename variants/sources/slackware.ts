// Slackware: what a definition says of a mirror, and what an image gets of that.

import { z } from 'zod';
import { nonEmpty } from '../schema-parts.ts';
import { compared, filledMirrors, ignored } from './plamo.ts';
import { type Keyring, keyring, keyringOf, place, type SourceParts } from './source-parts.ts';

const tag = z.enum(['ADD', 'REC', 'OPT', 'SKP']);

/** How much a package is needed, as tagfiles have it: always, recommended, as one likes, not. */
export type Tag = z.infer<typeof tag>;

/** `source` of a definition with `kind: slackware`. */
export const slackwareSchema = z.strictObject({
  kind: z.literal('slackware'),
  mirror: place.describe('The folder of the release, in which CHECKSUMS.md5 is'),
  compare: compared,
  keyring: keyring
    .optional()
    .describe('Whose signature of CHECKSUMS.md5 counts; without it packages are known by what they were first'),
  priorities: nonEmpty(tag).default(['ADD', 'REC']).describe('Tags of the packages that a series brings'),
  ignore: ignored,
});

/** A mirror of Slackware, narrowed to one image. */
export interface SlackwareSource {
  readonly kind: 'slackware';
  readonly mirror: string;
  readonly compare?: string;
  readonly keyring?: Keyring;
  readonly priorities: readonly Tag[];
  readonly ignore: readonly string[];
}

/** Narrows the source to the release and architecture of an image. */
export function slackwareSource(source: z.infer<typeof slackwareSchema>, parts: SourceParts): SlackwareSource {
  const { kind, priorities, ignore } = source;
  const keys = source.keyring === undefined ? {} : { keyring: keyringOf(source.keyring, parts.text) };
  return { kind, priorities, ignore, ...filledMirrors(source, parts), ...keys };
}
