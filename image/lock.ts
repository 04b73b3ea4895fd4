// image.lock.json: every input of a build by digest, so that the build can be repeated. Names no mirror: paths are
// relative to the root of an archive, and which host serves it does not change the bytes.

import { z } from 'zod';
import { documentHead, fileDigestSchema, nameSchema, sha256Schema } from './manifest-parts.ts';
import { lockedSourceSchema } from './vouching.ts';

/** Relative, without `.`, `..` or empty components, and no URL. */
const archivePathSchema = z
  .string()
  .regex(/^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[A-Za-z0-9.+~_:%@=,/-]+$/, 'is not a relative path')
  .describe('Relative to the root of the archive');
const archiveSchema = z.enum(['main', 'security']).describe('Which archive; its host is not part of the image');

/** image.lock.json, schema version 1. */
export const lockSchema = z.object({
  ...documentHead,
  kind: z.literal('cooper.lock'),
  image: z.object({ distribution: nameSchema, release: nameSchema, architecture: nameSchema, variant: nameSchema }),
  epoch: z.number().int().describe('Build epoch: seconds since 1970 to which every time in the root is clamped'),
  indices: z
    .array(
      fileDigestSchema.extend({
        suite: nameSchema.describe('Directory below dists/'),
        archive: archiveSchema,
        path: archivePathSchema.describe('Of the signed InRelease file, or of the signed CHECKSUMS.md5'),
        date: z.iso.datetime().describe('When the archive made the index'),
        packages: z
          .array(fileDigestSchema.extend({ path: archivePathSchema }))
          .describe('Package lists, one for each component; size and sha256 as the InRelease file has them'),
      }),
    )
    .describe('Signed indices that the packages were chosen from; none where the source has no such'),
  source: lockedSourceSchema.optional().describe('Absent in builds of earlier versions: `debian`, by signature'),
  definition: sha256Schema.describe('SHA-256 of what the definition says of this image'),
  inputs: sha256Schema.describe('SHA-256 over everything that decides the bytes of the image; as in image.json'),
  builder: z.string().describe('Version of Cooper that made the build'),
  layers: z.array(nameSchema).min(1).describe('Variants whose roots were built one upon the other, the lowest first'),
  packages: z
    .array(
      fileDigestSchema.extend({
        name: z.string(),
        version: z.string(),
        architecture: z.string(),
        multiArch: z.string().describe('Value of the field Multi-Arch'),
        source: z.string().describe('Name of the source package'),
        sourceVersion: z.string(),
        archive: archiveSchema,
        path: archivePathSchema,
        layer: nameSchema.describe('The layer that it is installed in'),
        essential: z.boolean().describe('Installed before all others of the lowest layer'),
        automatic: z.boolean().describe('Installed only because others need it'),
      }),
    )
    .describe('In the order of their names, or in that of their installation where nothing else says it'),
  fetched: z
    .array(
      fileDigestSchema.extend({
        upstream: nameSchema.describe('Name of the upstream in the definition'),
        path: z
          .string()
          .regex(/^[\x21-\x7e]*$/, 'is not a part of a URL')
          .describe('Relative to the upstream, percent-encoded, with its query'),
        mediaType: z.string().optional().describe('Content-Type of the answer'),
        folder: z.boolean().optional().describe('The upstream leads from here to the same address with a slash'),
      }),
    )
    .optional()
    .describe('What scripts of the definition have fetched through the proxy, by upstream and path'),
});

/** What image.lock.json says. */
export type Lock = z.infer<typeof lockSchema>;
