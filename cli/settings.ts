// cooper.yaml in the home folder: what a machine wants different, once for all commands. Refuses keys it does not know.

import { parseDocument } from 'yaml';
import { z } from 'zod';
import { CooperError } from '../errors/index.ts';
import { parseFingerprint } from '../keys/index.ts';
import { type Home, settingsFile } from './home.ts';
import { optionalText } from './optional-text.ts';
import { imagePattern, retentionSchema } from './retention.ts';
import { sizeOf } from './size.ts';

const mirror = z.url({ protocol: /^https?$/ });

const fingerprint = z.string().transform((text, context) => {
  const read = parseFingerprint(text);
  if (read === undefined)
    context.addIssue({ code: 'custom', message: 'is not a fingerprint of 40 hexadecimal digits' });
  return read ?? z.NEVER;
});

const waiver = z.strictObject({
  rule: z.string(),
  reason: z.string().min(1),
  paths: z.array(z.string().regex(/^\/[^\0\n]*$/, 'is not an absolute path')).default([]),
  match: imagePattern.optional(),
});

const bytes = z.union([z.string(), z.number()]).transform((size, context) => {
  try {
    return sizeOf('size', String(size));
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    context.addIssue({ code: 'custom', message: 'is not a size such as 500M or 10G' });
    return z.NEVER;
  }
});

const cacheLimits = z
  .strictObject({ expiry: z.number().nonnegative().max(100_000).optional(), size: bytes.optional() })
  .default({});

/**
 * cooper.yaml: `mirrors.<distribution>.{main,security}`, the mirrors that builds fetch from; `trust.pins`, keys by address of the
 * server; `trust.threshold`, how many publishers must have signed an image, and `trust.publishers`, who counts besides the server's own;
 * `retention` (docs/publishing.md); `cache.images` and `cache.sources`, days after which unused images, and what was fetched for builds, go, and bytes that all may have (docs/cache.md); `mirror.waivers`, what the gate is to let pass of images that others have built (docs/mirrors.md).
 */
const settingsSchema = z.strictObject({
  trust: z
    .strictObject({
      pins: z.record(z.string(), fingerprint).default({}),
      threshold: z.number().int().min(1).default(1),
      publishers: z.array(fingerprint).default([]),
    })
    .refine(({ threshold, publishers }) => threshold <= publishers.length + 1, {
      path: ['threshold'],
      message: 'is more than there are publishers',
    })
    .optional(),
  mirrors: z.record(z.string(), z.strictObject({ main: mirror.optional(), security: mirror.optional() })).default({}),
  retention: retentionSchema.optional(),
  cache: z
    .strictObject({
      images: cacheLimits,
      sources: cacheLimits,
    })
    .optional(),
  mirror: z.strictObject({ waivers: z.array(waiver).default([]) }).optional(),
});

/** The settings of a home. */
export type Settings = z.infer<typeof settingsSchema>;

/** Reads `<home>/cooper.yaml`; without the file everything has its default. Throws `settings-faulty` with every fault. */
export function readSettings(home: Home): Settings {
  const file = settingsFile(home);
  const document = parseDocument(optionalText(file), { prettyErrors: false });
  const syntax = document.errors.map(({ message }) => message);
  const parsed = settingsSchema.safeParse(document.errors.length > 0 ? {} : (document.toJS() ?? {}));
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (parsed.success && syntax.length === 0) return parsed.data;
  throw new CooperError('settings-faulty', { what: `${file} is faulty`, lines: [...syntax, ...faults] });
}
