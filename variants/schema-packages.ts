// The parts of a definition that say which packages an image has: suites with their pins, names, exclusions, variants.

import { z } from 'zod';
import { condition, expecting, name, nonEmpty, text } from './schema-parts.ts';

// Also as other families have them: python3-PyYAML, libstdc++6, gcc@latest.
const plain = '[A-Za-z0-9][A-Za-z0-9_+.@-]*';
const packageName = z.string().regex(new RegExp(`^${plain}$`), expecting('a package name'));
const folders = '(?:[A-Za-z0-9][A-Za-z0-9+._-]*/)*';
/** `-name` keeps a package out, even when others want it; `name:i386` is the one of a foreign architecture. */
const wantedName = z
  .string()
  .regex(new RegExp(`^-?${folders}${plain}(?::[a-z0-9-]+)?$`), expecting('a package name'))
  .describe(
    '`-name` keeps it out of this variant and those that extend it; `name:ARCHITECTURE` is one of another architecture, `FOLDER/name` one of another folder of the mirror',
  );
const category = z
  .string()
  .regex(new RegExp(`^${folders}[A-Za-z0-9][A-Za-z0-9+._-]*$`), expecting('the name of a category'))
  .describe('A folder of packages of the mirror');

/** Several categories under one condition, or one category. */
export const categoryEntrySchema = z.union([category, z.strictObject({ names: nonEmpty(category), when: condition })]);
const priority = z
  .int()
  .min(-32768)
  .max(32767)
  .refine((value) => value !== 0, expecting('a priority other than 0'))
  .describe(
    "apt's Pin-Priority (apt_preferences(5)): the highest wins, then the highest version; below 0 is never taken",
  );

/** One suite of a release. */
export const suiteSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9./-]*$/, expecting('the name of a suite')),
  archive: z.enum(['main', 'security']).describe('Which mirror it is on'),
  components: nonEmpty(text).optional().describe('Instead of those of the source'),
  pin: priority.optional().describe('Priority of the whole suite instead of what its Release file says'),
  pins: z.record(packageName, priority).optional().describe('Priorities of single packages in this suite'),
});

/** One release: its version for people, and its suites where the source has such. */
export const releaseSchema = z.strictObject({
  version: text.describe('Put in quotes'),
  suites: nonEmpty(suiteSchema).optional().describe('For sources of the kind debian'),
  architectures: nonEmpty(name).optional().describe('When it has not all of those of the definition'),
});

/** Several packages under one condition, or one package. */
export const packageEntrySchema = z.union([
  wantedName,
  z.strictObject({ names: nonEmpty(wantedName), when: condition }),
]);

/** One variant. `base` and `recommends` are inherited when left out. */
export const variantSchema = z.strictObject({
  extends: name.optional(),
  base: z.enum(['essential', 'required', 'important', 'standard']).optional(),
  recommends: z.boolean().optional(),
  packages: z.array(packageEntrySchema).default([]),
  categories: nonEmpty(categoryEntrySchema).optional().describe('Besides those of the variant that it extends'),
});

/** Which architectures may have packages beside the native ones. */
export const foreignSchema = z
  .record(name, nonEmpty(name))
  .describe('For an architecture those whose packages it may have besides, as in `amd64: [i386]`');
