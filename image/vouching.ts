// By what the things that an image is made of are vouched for, where they come from.

import { z } from 'zod';
import { fileDigestSchema, nameSchema } from './manifest-parts.ts';

/** From most to least. */
export const vouchings = ['signature', 'digest', 'mirrors', 'first-use', 'transport', 'script', 'machine'] as const;

export type Vouching = (typeof vouchings)[number];

/** The source of an image, as image.json and the lock have it. */
export const sourceSchema = z.object({
  kind: nameSchema.describe('Kind of the source in the definition'),
  vouched: z
    .enum(vouchings)
    .describe(
      'What vouches for what the image is made of: signatures by keys of the definition; digests in the definition; two mirrors that agree; nothing but that it is what was fetched first; https alone; what a template script does of itself; nothing: it was on the machine that built it',
    ),
});

/** Files of a build that come from its source as they are. */
export const keptSeeds = ['oci-config.json'] as const;

export type KeptSeed = (typeof keptSeeds)[number];

const keptSeedSchema = z
  .enum(keptSeeds)
  .describe('Not unpacked, but kept beside image.json under this name: the configuration of an OCI image');

/** The same in a lock, which has the archives too. */
export const lockedSourceSchema = sourceSchema.extend({
  seed: z
    .array(fileDigestSchema.extend({ name: z.string().describe('For people'), keptAs: keptSeedSchema.optional() }))
    .optional()
    .describe('Archives that the root was unpacked from, the lowest first'),
});
