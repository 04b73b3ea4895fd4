// Parts that several sections of a definition are made of: names, lists, conditions.

import { z } from 'zod';

/** What an author reads when a text has not the form that was asked for. */
export const expecting = (what: string) => ({ error: `expected ${what}` });

/** A name that is one component of a path: distribution, release, architecture, variant. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.+~_-]{0,63}$/, expecting('a name of lower-case letters, digits and . + ~ _ -'));

/** Text that is not empty. */
export const text = z.string().min(1, expecting('some text'));

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
