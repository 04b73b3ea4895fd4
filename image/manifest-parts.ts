// What the documents of a build and of a publication have in common.

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

/** The time in a name of a build; undefined when it is none. */
export function timeOfBuild(name: string): Date | undefined {
  const [, year, month, day, clock] = /^(\d{4})(\d\d)(\d\d)_(\d\d:\d\d)$/.exec(name) ?? [];
  const time = new Date(`${year}-${month}-${day}T${clock}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
