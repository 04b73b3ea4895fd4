// The section `retention` of cooper.yaml: which builds stay, and for how long files stay of those that do not.

import { z } from 'zod';

const parts = ['distribution', 'release', 'architecture', 'variant'] as const;

/** Which images: parts of a name from the left, `*` for any; what is left out is any too. */
export const imagePattern = z
  .string()
  .refine(
    (text) =>
      text.split('/').length <= parts.length &&
      text.split('/').every((part) => part === '*' || /^[a-z0-9][a-z0-9.+~_-]{0,63}$/i.test(part)),
    'is not DIST[/RELEASE[/ARCH[/VARIANT]]] with * for any',
  )
  .transform((text): Partial<Record<(typeof parts)[number], string>> => {
    const named = text.split('/').map((part, at) => [parts[at], part] as const);
    return Object.fromEntries(named.filter(([, part]) => part !== '*'));
  });

const rule = {
  keep: z.number().int().positive().optional(),
  days: z.number().nonnegative().max(100_000).optional(),
};

/** Hours that files stay after their build has left the index, where nobody says otherwise. */
export const usualGrace = 48;

/** As RetentionPolicy of server/publish has it. */
export const retentionSchema = z.strictObject({
  ...rule,
  grace: z.number().nonnegative().max(100_000).default(usualGrace),
  images: z.array(z.strictObject({ match: imagePattern, ...rule })).default([]),
});
