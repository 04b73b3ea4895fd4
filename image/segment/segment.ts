// The segment table: which bytes of rootfs.tar.xz hold which bytes of the tar. Part of image.json.

import { z } from 'zod';
import { fileDigestSchema } from '../manifest-parts.ts';

/** One segment: one block of rootfs.tar.xz. */
export const segmentSchema = fileDigestSchema
  .extend({
    name: z.string().min(1).describe('For people: the source package, or what else its entries have in common'),
    layer: z.number().int().nonnegative().describe('Place of its layer in the chain of variants'),
    block: fileDigestSchema
      .extend({ offset: z.number().int().nonnegative().describe('Of the block header in rootfs.tar.xz') })
      .describe('The xz block: header, compressed data, padding and check'),
  })
  .describe('Size and SHA-256 of a piece of the tar, and of the block that holds it');

export type Segment = z.infer<typeof segmentSchema>;
