// .departed.json at the top of a tree, which no server hands out: since when builds are off the index whose files are still there.

import { z } from 'zod';

/** Lies on the publisher's or mirror's disk alone; one that cannot be read counts as missing. */
export const departedSchema = z.object({
  schemaVersion: z.literal(1).describe('Another one is not read: the grace of every build begins anew'),
  kind: z.literal('cooper.departed'),
  since: z
    .record(z.string(), z.iso.datetime())
    .describe('By folder of the build, relative to the tree, with a trailing slash: when it left the index'),
});
