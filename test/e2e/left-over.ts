// What a run may have left behind: folders of builds, a generation, processes that still hold something below its home.

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

/** Expects no folder of a build and no generation. */
export function expectNothingHalfMade(home: string): void {
  expect(workspacesIn(home)).toEqual([]);
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
