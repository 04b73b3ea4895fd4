// How packages come upon what an image begins as, when its source is a root and no set of packages.

import { z } from 'zod';
import { besidePath, expecting, nonEmpty } from './schema-parts.ts';
import { mirror } from './sources/source-parts.ts';

const line = (form: RegExp, what: string) => z.string().regex(form, expecting(what));

// All of it goes into files of a line each.
const repository = z.strictObject({
  name: line(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name of lower-case letters, digits and -').describe(
    'Of its files in the root',
  ),
  url: mirror.regex(/^[!-~]*$/, expecting('a URL without blanks')),
  key: besidePath
    .regex(
      /(?:^|\/)[A-Za-z0-9][A-Za-z0-9@:._-]*$/,
      expecting('a file whose name has letters, digits and @ : . _ - alone'),
    )
    .describe(
      'A file beside the definition: one armored OpenPGP key, for apk, xbps and opkg a key of theirs under the name by which it is known',
    ),
  suite: line(/^(?:[A-Za-z0-9][A-Za-z0-9./_-]*|\.\/)$/, 'the name of a suite')
    .optional()
    .describe("Of an archive in Debian's form; one folder of packages has `./`"),
  components: nonEmpty(line(/^[A-Za-z0-9][A-Za-z0-9./_-]*$/, 'the name of a component')).optional(),
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
  .refine(({ repositories, commands }) => repositories.length === 0 || commands === undefined, {
    path: ['repositories'],
    ...expecting('none, since `commands` know no place for them: place their files by `files` and `actions`'),
  })
  .prefault({})
  .describe('For sources that are a root: how the packages of variants come upon it');
