// Who has an image of the cache in its hands: one run that fetches it, or any number that read it. The kernel's lock on a file beside it,
// so that the lock of a run that dies is free. Where no such file can be made, runs get on without.

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Sha256 } from '../../keys/index.ts';
import { flock } from '../../native/index.ts';
import type { ChosenImage } from '../verify/images.ts';
import { isStill } from './held-file.ts';
import { isHere } from './image-archives.ts';
import { whereAllowed } from './kept-files.ts';

/** Alone: to fetch or to remove it. Shared: to read it. */
type Kind = 'exclusive' | 'shared';

/** An image in somebody's hands. */
export interface ImageUse {
  /** Waits until nobody fetches it, and lets others read it too. */
  share(signal: AbortSignal): Promise<void>;
  /** Lets go of it. */
  end(): Promise<void>;
  /** Lets go of it, and nothing of the lock stays. For whoever has it alone. */
  remove(): Promise<void>;
}

/** Milliseconds between two looks at a lock that another holds. */
const pause = 50;

const folderName = 'locks';

/** Which image, and how it is to be used. */
export interface UseRequest {
  readonly cacheDir: string;
  /** It is fetched anew although it is here. */
  readonly flushCache?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Told once when another run has it. */
  readonly onWait: () => void;
}

/**
 * Takes an image: alone when it has to be fetched, with others when it is here. Whoever waits while it is fetched reads it afterwards.
 * @throws the signal's reason when it is aborted meanwhile
 */
export async function useImage(
  { manifest, contents }: Pick<ChosenImage, 'manifest' | 'contents'>,
  { cacheDir, flushCache, signal, onWait }: UseRequest,
): Promise<ImageUse> {
  const file = lockOf(cacheDir, manifest.sha256);
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    const isRead = flushCache !== true && (await isHere(cacheDir, contents));
    const taken = await tryLock(file, isRead ? 'shared' : 'exclusive');
    if (taken !== 'busy') return imageUse(taken, file);
    if (!told) onWait();
    await wait(pause, undefined, { signal });
  }
}

/** Takes an image alone, at once: undefined when it is in somebody's hands, or cannot be locked. */
export async function takeImage(cacheDir: string, manifest: Sha256): Promise<ImageUse | undefined> {
  const file = lockOf(cacheDir, manifest);
  const taken = await tryLock(file, 'exclusive');
  return taken === 'busy' || taken === undefined ? undefined : imageUse(taken, file);
}

function lockOf(cacheDir: string, manifest: Sha256): string {
  return path.join(cacheDir, folderName, manifest);
}

/** Undefined where there can be no lock. */
async function tryLock(file: string, kind: Kind): Promise<FileHandle | 'busy' | undefined> {
  const handle = await whereAllowed(async () => {
    await mkdir(path.dirname(file), { recursive: true });
    return open(file, constants.O_RDONLY | constants.O_CREAT, 0o644);
  });
  if (handle === undefined) return undefined;
  // Whoever removes an image takes the file away, locked: a lock of what is gone keeps nobody out.
  if (flock(handle.fd, kind, true) && (await isStill(handle, file))) return handle;
  await handle.close();
  return 'busy';
}

function imageUse(handle: FileHandle | undefined, file: string): ImageUse {
  return {
    async share(signal) {
      // Becoming a reader lets go for a moment, in which another may take it.
      while (handle !== undefined && !flock(handle.fd, 'shared', true)) await wait(pause, undefined, { signal });
    },
    async end() {
      await handle?.close();
    },
    async remove() {
      try {
        await whereAllowed(() => unlink(file));
      } finally {
        await handle?.close();
      }
    },
  };
}
