// image.json: the signed description of one build. Everything else of the build is judged by what stands here.

import { z } from 'zod';
import type { Sha256 } from '../keys/digest.ts';

/** A build of an image: `YYYYMMDD_HH:MM`, UTC. */
export type BuildName = string & { readonly brand: 'BuildName' };

export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => text as Sha256)
  .describe('Lower-case hexadecimal SHA-256');
export const buildNameSchema = z
  .string()
  .regex(/^\d{8}_\d{2}:\d{2}$/)
  .transform((text) => text as BuildName)
  .describe('YYYYMMDD_HH:MM, UTC');
/** A name that can stand as one component of a path. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.+~_-]{0,63}$/i)
  .describe('Name that can stand as one component of a path');
export const fileDigestSchema = z.object({
  size: z.number().int().nonnegative().describe('Bytes'),
  sha256: sha256Schema,
});

/** Fields every signed document begins with. `critical` lists fields a reader must understand or refuse. */
export const documentHead = {
  schemaVersion: z.literal(1).describe('Grows when a reader of the old version would misunderstand the document'),
  critical: z
    .array(z.string())
    .max(0, 'has fields that this version does not understand')
    .default([])
    .describe('Names of fields that a reader must understand or refuse the document; this version knows of none'),
};

/** image.json, schema version 1. */
export const manifestSchema = z.object({
  ...documentHead,
  kind: z.literal('cooper.image'),
  distribution: nameSchema,
  release: nameSchema,
  architecture: nameSchema,
  variant: nameSchema,
  title: z.string().describe('For people'),
  build: buildNameSchema,
  created: z.iso.datetime().describe('When the build was made'),
  epoch: z.number().int().describe('Build epoch: seconds since 1970 to which every time in the root is clamped'),
  inputs: sha256Schema.describe(
    'SHA-256 over everything that decides the bytes of the image: equal inputs, equal image',
  ),
  rootfs: z.object({
    size: z.number().int().nonnegative().describe('Bytes of the tar inside rootfs.tar.xz'),
    sha256: sha256Schema.describe('SHA-256 of the tar inside rootfs.tar.xz'),
    entries: z.number().int().nonnegative().describe('Number of entries of the tar'),
  }),
  files: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._-]*$/), fileDigestSchema)
    .describe('Every file of the build folder except image.json, signatures and SHA256SUMS'),
  builder: z.object({ name: z.literal('cooper'), version: z.string() }).describe('Program that made the build'),
});

export type Manifest = z.infer<typeof manifestSchema>;
