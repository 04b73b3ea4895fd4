// The cache of images as the settings of a home have it.

import { existsSync } from 'node:fs';
import { type CacheLimits, KeptFiles, usualLimits } from '../client/index.ts';
import { type Home, settingsFile } from './home.ts';

const day = 24 * 3600 * 1000;

/** What may stay in it: cooper.yaml, `cache.images`. Throws `settings-faulty`. */
export async function cacheLimits(home: Home): Promise<CacheLimits> {
  // What reads YAML costs a tenth of a second: only where there is some.
  if (!existsSync(settingsFile(home))) return usualLimits;
  const { expiry, size } = (await import('./settings.ts')).readSettings(home).cache?.images ?? {};
  return {
    expiry: expiry === undefined ? usualLimits.expiry : expiry * day,
    size: size ?? usualLimits.size,
  };
}

/** What is kept beside the images. */
export function keptFiles(home: Home): KeptFiles {
  return new KeptFiles(home.imageCache);
}
