// What may stay in the caches of a home, as its settings have it.

import { existsSync } from 'node:fs';
import { type CacheLimits, KeptFiles, usualLimits } from '../client/index.ts';
import { type Home, settingsFile } from './home.ts';
import { formatBytes } from './render.ts';

const day = 24 * 3600 * 1000;

/** What may stay of images, or of what was fetched for builds: cooper.yaml, `cache`. Throws `settings-faulty`. */
export async function cacheLimits(home: Home, what: 'images' | 'sources' = 'images'): Promise<CacheLimits> {
  // What reads YAML costs a tenth of a second: only where there is some.
  if (!existsSync(settingsFile(home))) return usualLimits;
  const { expiry, size } = (await import('./settings.ts')).readSettings(home).cache?.[what] ?? {};
  return {
    expiry: expiry === undefined ? usualLimits.expiry : expiry * day,
    size: size ?? usualLimits.size,
  };
}

/** The limits in words. */
export function policyText({ expiry, size }: CacheLimits): string {
  return `unused for ${daysOf(expiry)} days they go, and so does what is beyond ${formatBytes(size)}`;
}

export const daysOf = (milliseconds: number): number => milliseconds / day;

/** What is kept beside the images. */
export function keptFiles(home: Home): KeptFiles {
  return new KeptFiles(home.imageCache);
}
