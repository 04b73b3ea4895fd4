// The shape of definition.yaml, as its author writes it. Unknown keys are refused everywhere; what needs more than one
// place of the file to judge (references, duplicates, files beside it) is in checks.ts, check-files.ts and texts.ts.

import { z } from 'zod';
import { isolationSchema, networkSchema, rootfsSchema } from './schema-building.ts';
import { fileSchema } from './schema-files.ts';
import { gateSchema } from './schema-gate.ts';
import { foreignSchema, releaseSchema, variantSchema } from './schema-packages.ts';
import { packagingSchema } from './schema-packaging.ts';
import { besidePath, condition, expecting, mode, name, nonEmpty, rootRelativePath, text } from './schema-parts.ts';
import { sourceSchema } from './sources.ts';

/** A script that runs in the image while it is built. */
export const actionSchema = z.strictObject({
  name: text.describe('Shown while it runs and when it fails; the script has it as $0'),
  trigger: z
    .enum(['post-unpack', 'post-update', 'post-packages', 'post-files'])
    .describe(
      'Packages are unpacked, not configured; the base is configured, the others are to come; all are; files are placed',
    ),
  script: text.max(100_000, expecting('a script of at most 100,000 characters')),
  everyVariant: z
    .boolean()
    .default(false)
    .describe('Runs in each variant of a chain for which `when` holds, not in the first alone; it has to bear that'),
  when: condition.optional(),
});

/** A device node that the image has besides (or instead of) the standard ones. */
export const deviceSchema = z.strictObject({
  path: rootRelativePath,
  type: z.enum(['character', 'block']),
  major: z.int().min(0).max(0xfff),
  minor: z.int().min(0).max(0xfffff),
  mode,
});

const devices = z.union([z.literal('standard'), z.array(z.union([z.literal('standard'), deviceSchema]))]);

/** Texts beside the definition that become members of meta.tar.xz; resolve.ts fills in {architecture} and the like. */
export const lxcSchema = z.strictObject({
  config: besidePath,
  configUser: besidePath,
  createMessage: besidePath,
  templates: z.array(rootRelativePath).default([]),
  expiryDays: z.int().min(1).max(3650).default(30),
});

/** The whole of definition.yaml. */
export const definitionSchema = z.strictObject({
  name,
  title: z
    .string()
    .regex(/^(?:[^{}\n]|\{version\}|\{release\})+$/, expecting('one line; placeholders are {version} and {release}')),
  source: sourceSchema,
  releases: z.record(name, releaseSchema),
  architectures: nonEmpty(name),
  foreignArchitectures: foreignSchema.default({}),
  packaging: packagingSchema,
  variants: z.record(name, variantSchema),
  files: z.array(fileSchema).default([]),
  actions: z.array(actionSchema).default([]),
  lxc: lxcSchema,
  devices: devices.default('standard'),
  gate: gateSchema.default({ waive: [] }),
  network: networkSchema,
  isolation: isolationSchema,
  rootfs: rootfsSchema,
});

export type Definition = z.infer<typeof definitionSchema>;
export type Condition = z.infer<typeof condition>;

/** JSON Schema (2020-12) of what an author may write, for editors; kept in variants/definition.schema.json. */
export function definitionJsonSchema(): z.core.JSONSchema.BaseSchema {
  return { ...z.toJSONSchema(definitionSchema, { io: 'input' }), title: 'Cooper distribution definition' };
}
