// The segment table: which bytes of rootfs.tar.xz, and of rootfs.tar.zst, hold which bytes of the tar. Part of image.json.

import { z } from 'zod';
import { fileDigestSchema } from '../manifest-parts.ts';

const offset = z.number().int().nonnegative();

/** One segment: one block of rootfs.tar.xz, and one frame of rootfs.tar.zst where there is one. */
export const segmentSchema = fileDigestSchema
  .extend({
    name: z.string().min(1).describe('For people: the source package, or what else its entries have in common'),
    layer: z.number().int().nonnegative().describe('Place of its layer in the chain of variants'),
    block: fileDigestSchema
      .extend({ offset: offset.describe('Of the block header in rootfs.tar.xz') })
      .describe('The xz block: header, compressed data, padding and check'),
    frame: fileDigestSchema
      .extend({ offset: offset.describe('Of the frame in rootfs.tar.zst') })
      .optional()
      .describe('The zstd frame with the same data; all segments have one or none has'),
  })
  .describe('Size and SHA-256 of a piece of the tar, and of what holds it');

export type Segment = z.infer<typeof segmentSchema>;
