// image.json: the signed description of one build. Everything else of the build is judged by what stands here.

import { z } from 'zod';
import { buildNameSchema, documentHead, fileDigestSchema, nameSchema, sha256Schema } from './manifest-parts.ts';
import { segmentSchema } from './segment/segment.ts';
import { tableFault } from './segment/table.ts';
import { sourceSchema } from './vouching.ts';

const fields = z.object({
  ...documentHead,
  kind: z.literal('cooper.image'),
  distribution: nameSchema,
  release: nameSchema,
  architecture: nameSchema,
  variant: nameSchema,
  title: z.string().describe('For people'),
  releaseVersion: z.string().optional().describe('Version of the release, for people and for aliases: `12`'),
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
    segments: z
      .array(segmentSchema)
      .optional()
      .describe(
        'The tar in pieces, in order, and what holds each in rootfs.tar.xz and rootfs.tar.zst; absent where the archive was not cut. What cannot be the table of these files is refused',
      ),
  }),
  files: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._-]*$/), fileDigestSchema)
    .describe('Every file of the build folder except image.json, signatures and SHA256SUMS'),
  upstream: z
    .object({
      server: z.string().describe('Address of the server'),
      protocol: z.enum(['lxc', 'simplestreams']).describe('How it was read'),
      path: z.string().describe('Folder of the build there'),
      verified: z
        .enum(['signature', 'checksum', 'transport', 'nothing'])
        .describe(
          'What vouched for the files when they were fetched: a signature; digests that the server names, over https; https alone; nothing. Of several files the least',
        ),
      signer: z
        .string()
        .regex(/^[0-9A-F]{40}$/)
        .optional()
        .describe('Fingerprint of the key that signed them there'),
    })
    .optional()
    .describe('Where the image comes from when it was not built by its publisher, who has only signed it anew'),
  archived: z
    .object({
      origin: z.string().optional().describe('What the container says it was made from'),
    })
    .optional()
    .describe('There when the root is not built from packages, but is that of a container: it cannot be built again'),
  source: sourceSchema
    .optional()
    .describe(
      'Where what the image is made of comes from; absent in builds of earlier versions, and where `upstream` or `archived` says it',
    ),
  fingerprint: sha256Schema
    .optional()
    .describe(
      'SHA-256 over lxd.tar.xz and rootfs.tar.xz, one after the other: by this LXD and Incus know the image. Absent in builds of earlier versions, which they are not offered',
    ),
  builder: z
    .object({ name: z.literal('cooper'), version: z.string() })
    .describe('Program that made the build, or fetched it'),
});

/** image.json, schema version 1. A manifest whose segments cannot be those of its archive is none. */
export const manifestSchema = fields.superRefine((manifest, { addIssue }) => {
  const fault = tableFault(manifest);
  if (fault !== undefined) addIssue({ code: 'custom', path: ['rootfs', 'segments'], message: fault });
});

export type Manifest = z.infer<typeof manifestSchema>;
