// Parts that several sections of a definition are made of: names, paths, modes, lists, conditions.

import { z } from 'zod';

/** What an author reads when a text has not the form that was asked for. */
export const expecting = (what: string) => ({ error: `expected ${what}` });

/** A name that is one component of a path: distribution, release, architecture, variant. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.+~_-]{0,63}$/, expecting('a name of lower-case letters, digits and . + ~ _ -'));

/** True for what can be the name of a distribution. */
export function isDistributionName(text: string): boolean {
  return name.safeParse(text).success;
}

/** Text that is not empty. */
export const text = z.string().min(1, expecting('some text'));

const noDots = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))/;

/** A place in the image. */
export const absolutePath = z
  .string()
  .regex(/^(?:\/[^/\0\n]+)+$/, expecting('an absolute path without // or a trailing /'))
  .regex(noDots, expecting('a path without . and ..'));

/** A place in the image that may be written without its slash. */
export const rootRelativePath = z
  .string()
  .regex(/^\/?[^/\0\n]+(?:\/[^/\0\n]+)*$/, expecting('a path below the root, without // or a trailing /'))
  .regex(noDots, expecting('a path without . and ..'));

/** Relative to the folder of the definition. That it stays inside is judged on the disk, by texts.ts and trees.ts. */
export const besidePath = z.string().regex(/^[^/\0\n][^\0\n]*$/, expecting('a path relative to the definition'));

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** The number of `512`, `4K`, `2G`: digits and a unit, if there is one. */
export function inUnits(text: string): number {
  return Number.parseInt(text, 10) * (units[text.replace(/\d+/, '')] ?? 1);
}

/** `2G`, `512M` or a plain number of bytes, as a number of bytes. */
export const bytes = z
  .union([
    z.int().min(1),
    z
      .string()
      .regex(/^[1-9]\d{0,8}[KMGT]?$/, expecting('a size such as 512M or 2G'))
      .transform(inUnits),
  ])
  .refine((value) => value <= Number.MAX_SAFE_INTEGER, expecting('a smaller size'))
  .describe('Bytes; K, M, G and T are powers of 1024');

/** Processes and threads at once; the most that the kernel knows is 2^22. */
export const processes = z.int().min(16).max(4_194_304);

/** Permission bits with set-id and sticky. */
export const mode = z.string().regex(/^0[0-7]{3,4}$/, expecting('an octal mode in quotes, as in "0644"'));

/** A list with something in it. */
export const nonEmpty = <Item extends z.ZodType>(item: Item) => z.array(item).min(1, expecting('at least one entry'));

/** Where a part of a definition applies. */
export const condition = z
  .strictObject({
    releases: nonEmpty(name).optional(),
    architectures: nonEmpty(name).optional(),
    variants: nonEmpty(name).optional().describe('Holds for these variants and for all that extend them'),
  })
  .describe('Applies only where every list given has the image in it');
