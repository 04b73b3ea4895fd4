// Sources that are a root filesystem on the machine that builds: a folder, or the root of a container.

import { z } from 'zod';
import { absolutePath, expecting } from '../schema-parts.ts';

/** `source` of a definition with `kind: directory`. */
export const directorySchema = z.strictObject({
  kind: z.literal('directory'),
  path: absolutePath.describe('A folder of the machine that builds; needs its allowance'),
});

/** `source` of a definition with `kind: container`. */
export const containerSchema = z.strictObject({
  kind: z.literal('container'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, expecting('the name of a container'))
    .describe('A container of whoever builds, which must not run; needs its allowance'),
});

/** The root is a folder as it is. */
export interface DirectorySource {
  readonly kind: 'directory';
  readonly path: string;
}

/** The root is that of a container. */
export interface ContainerSource {
  readonly kind: 'container';
  readonly name: string;
}
