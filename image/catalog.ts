// cooper/v1/catalog and its shards: which images a publisher offers (docs/DESIGN.md, "Trust").

import { z } from 'zod';
import { channelSchema, stableChannel } from './channel.ts';
import { buildNameSchema, documentHead, fileDigestSchema, nameSchema, sha256Schema } from './manifest-parts.ts';

const fingerprintSchema = z.string().regex(/^[0-9A-F]{40}$/);

/** Text inside the clear-signed file cooper/v1/catalog. */
export const catalogSchema = z.object({
  ...documentHead,
  kind: z.literal('cooper.catalog'),
  publisher: fingerprintSchema.describe('Fingerprint of the primary key'),
  serial: z.number().int().positive().describe('Only grows'),
  issued: z.iso.datetime().describe('When it was signed'),
  expires: z.iso.datetime().describe('From when on a client refuses it'),
  certificate: z.object({ sha256: sha256Schema }).describe('Of keys/FINGERPRINT.asc'),
  shards: z.record(nameSchema, fileDigestSchema).describe('By distribution; at cooper/v1/shards/SHA256.json'),
  streams: z
    .record(channelSchema, fileDigestSchema)
    .optional()
    .describe(
      'By channel, of streams/v1/images.json; below the folder of a channel that is not stable. Absent in generations of earlier versions, which have neither these lists nor SHA256SUMS',
    ),
});

/** cooper/v1/shards/<sha256>.json: the images of one distribution. */
export const shardSchema = z.object({
  ...documentHead,
  critical: z
    .array(z.enum(['channels'], 'is a field that this version does not understand'))
    .default([])
    .describe(
      'Names of fields that a reader must understand or refuse the document: `channels` where one is not stable',
    ),
  kind: z.literal('cooper.shard'),
  distribution: nameSchema,
  images: z.array(
    z.object({
      release: nameSchema,
      architecture: nameSchema,
      variant: nameSchema,
      title: z.string().describe('For people'),
      releaseVersion: z.string().optional().describe('Version of the release: `12`'),
      builds: z
        .array(
          z.object({
            build: buildNameSchema,
            path: z.string().describe('Folder of the build, relative to the root of the server, with a trailing slash'),
            manifest: fileDigestSchema.describe('Of image.json'),
            channels: z.array(channelSchema).min(1).default([stableChannel]).describe('Channels that it is in'),
            pinned: z.boolean().default(false).describe('True: retention does not remove it'),
            attestations: z
              .array(fingerprintSchema)
              .default([])
              .describe(
                'Fingerprints of others who have signed its image.json, at attestations/FINGERPRINT.asc in its folder; their certificates are at keys/FINGERPRINT.asc',
              ),
          }),
        )
        .min(1)
        .describe('Newest first'),
      withdrawn: z
        .array(buildNameSchema)
        .default([])
        .describe('Builds that were rolled back: published and promoted no more, and their names are not given again'),
      endOfLife: z.iso.datetime().optional().describe('From when on it gets no more updates'),
    }),
  ),
});

export type Catalog = z.infer<typeof catalogSchema>;
export type Shard = z.infer<typeof shardSchema>;
