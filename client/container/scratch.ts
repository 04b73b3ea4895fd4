// A folder beside the containers for copies of what is brought into one. It is named like a container in the making, so that what a
// killed run leaves goes away with the next `create` in the same place.

import { mkdtemp, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { flock } from '../../native/index.ts';
import { stagingMark } from './abandoned.ts';

/** Hands `use` the folder, mode 0700 and empty; it is gone afterwards with all that is in it. */
export async function withScratch<T>(
  containers: string,
  name: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(containers, `.${name}${stagingMark}`));
  try {
    const lock = await open(folder, 'r');
    try {
      flock(lock.fd, 'exclusive', true);
      return await use(folder);
    } finally {
      await lock.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
