// One change of the publisher's key at a time: whoever reads the key file, changes it and writes it holds the kernel's lock on the
// folder, which ends with the process.

import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { isSystemError } from '../errors/index.ts';
import { flock } from '../native/index.ts';

/** Milliseconds between two looks at a lock that another run holds, for as long as it takes to type a passphrase. */
const pause = 50;

/** Runs `work` while no other run changes the key in `directory`. Throws the signal's reason when aborted while it waits. */
export async function changingKey<T>(directory: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const folder = await open(directory, 'r').catch((error: unknown) => {
    // Without a folder there is no key, which is the work's to say.
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return undefined;
    throw error;
  });
  try {
    while (folder !== undefined && !flock(folder.fd, 'exclusive', true)) await wait(pause, undefined, { signal });
    return await work();
  } finally {
    await folder?.close();
  }
}
