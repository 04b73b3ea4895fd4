// packages.json: which packages an image holds and from which sources they were built.

import { z } from 'zod';
import { documentHead } from './manifest-parts.ts';

/** packages.json, schema version 1. */
export const packageListSchema = z.object({
  ...documentHead,
  kind: z.literal('cooper.packages'),
  packages: z
    .array(
      z.object({
        name: z.string(),
        version: z.string(),
        architecture: z.string(),
        source: z.string().describe('Name of the source package'),
        sourceVersion: z.string(),
      }),
    )
    .describe('In the order of their names, or in that of their installation where nothing else says it'),
});
