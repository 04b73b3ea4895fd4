// What a run may have left behind: folders of builds, on disk and in memory, a generation, processes that still hold something
// below its home.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

/** Folders of builds below the home: those under way, and those that nobody has removed. */
export function workspacesIn(home: string): readonly string[] {
  const builds = join(home, 'builds');
  if (!existsSync(builds)) return [];
  const entries = readdirSync(builds, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

const shared = '/dev/shm';

/** Folders in memory of builds whose process has gone; all homes of a user have theirs in one place. */
export function abandonedInMemory(): readonly string[] {
  const users = readdirSync(shared).filter((name) => /^cooper-\d+$/.test(name));
  const builds = users.flatMap((user) => namesIn(join(shared, user)).map((name) => join(shared, user, name)));
  return builds.filter((path) => {
    const pid = /\/(\d+)-[0-9a-f]+(?:\.lock)?$/.exec(path)?.[1];
    // A build beside may have removed it, and ended, since it was listed.
    return (pid === undefined || !existsSync(`/proc/${pid}`)) && existsSync(path);
  });
}

// Those of other users are closed, and go away at any time.
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

/** Expects no folder of a build and no generation. */
export function expectNothingHalfMade(home: string): void {
  expect(workspacesIn(home)).toEqual([]);
  expect(abandonedInMemory()).toEqual([]);
  expect(existsSync(join(home, 'tree/live'))).toBe(false);
}

/** Pids of processes that have something below the folder mounted or as their root: what a box looks like from outside. */
export function boxesOf(folder: string): readonly string[] {
  return pids().filter((pid) => readOrNothing(`/proc/${pid}/mountinfo`).includes(folder));
}

/** Pids of processes with exactly this word on their command line. */
export function processesNaming(word: string): readonly string[] {
  return pids().filter((pid) => readOrNothing(`/proc/${pid}/cmdline`).split('\0').includes(word));
}

function pids(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

// Processes end while they are looked at.
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
