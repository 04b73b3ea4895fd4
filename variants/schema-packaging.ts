// How packages come upon what an image begins as, when its source is a root and no set of packages.

import { z } from 'zod';
import { besidePath, expecting, name, nonEmpty, text } from './schema-parts.ts';
import { mirror } from './sources/source-parts.ts';

const repository = z.strictObject({
  name: name.describe('Of its files in the root'),
  url: mirror,
  key: besidePath.describe('A file of one armored OpenPGP key beside the definition'),
  suite: text.optional().describe("Of an archive in Debian's form"),
  components: nonEmpty(text).optional(),
});

const program = nonEmpty(z.string().regex(/^[^\0]*$/, expecting('a word without NUL')));
const programs = z.array(program);

/** Programs of a package manager that Cooper does not know; the word `{names}` stands for the packages. */
const commands = z.strictObject({
  refresh: programs.default([]),
  install: programs,
  update: programs.default([]),
  remove: programs.default([]),
  clean: programs.default([]),
});

/** The section `packaging`. */
export const packagingSchema = z
  .strictObject({
    update: z.boolean().default(false).describe('Everything is brought up to date first'),
    repositories: z.array(repository).default([]).describe('Besides those that the root has'),
    commands: commands.optional().describe('Instead of those of the package manager that the root has'),
  })
  .prefault({})
  .describe('For sources that are a root: how the packages of variants come upon it');
