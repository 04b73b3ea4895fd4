// Watches the free space of a file system while a box fills it. Knows nothing of what becomes of the box.

import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';

const everyMilliseconds = 250;

/** Calls `onLow` once, when less than `reserveBytes` are left where `path` lies; gives a function that ends the watch. */
export function watchDisk(path: string, reserveBytes: number, onLow: () => void): () => void {
  let over = false;
  const look = async () => {
    const { bavail, bsize } = await statfs(path);
    if (over || bavail * bsize >= reserveBytes) return;
    end();
    onLow();
  };
  // What cannot be looked at now may be so the next time.
  const timer = setInterval(() => void look().catch(() => undefined), everyMilliseconds);
  const end = () => {
    over = true;
    clearInterval(timer);
  };
  timer.unref();
  return end;
}

/** Whether less is left now: a box may fill a fast disk between two looks of the watch. */
export function isDiskLow(path: string, reserveBytes: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < reserveBytes;
  } catch {
    // What cannot be looked at has other failures to tell of.
    return false;
  }
}
