// cooper/v1/origin.json: what a mirror has of a server that is not one of Cooper's and whose signatures it keeps. Such a tree has no
// catalog; this tells the next run, and whoever looks into the tree, what is there.

import { z } from 'zod';
import { buildNameSchema, documentHead, nameSchema } from './manifest-parts.ts';

/** cooper/v1/origin.json. Not signed: clients of such a server read its own indexes and signatures. */
export const keptOriginSchema = z.object({
  ...documentHead,
  kind: z.literal('cooper.origin'),
  server: z.string().describe('Address of the server that is copied'),
  fingerprint: z.string().describe('Of the key with which it signs'),
  builds: z
    .array(
      z.object({
        distribution: nameSchema,
        release: nameSchema,
        architecture: nameSchema,
        variant: nameSchema,
        build: buildNameSchema,
        path: z.string().describe('Relative to the root of the server, with a trailing slash'),
      }),
    )
    .describe('What is here of it'),
});

export type KeptOrigin = z.infer<typeof keptOriginSchema>;
