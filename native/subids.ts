// The subordinate ids of the user: /etc/subuid and /etc/subgid (subuid(5)), or where they have none, what NSS says through
// getsubids(1). Refuses nothing: who finds the ranges too small says so.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { isSystemError } from '../errors/index.ts';
import { largestId } from './idmap-types.ts';

/** Host ids that a user may hand out: `start` … `start + count - 1`. */
export interface SubidRange {
  readonly start: number;
  readonly count: number;
}

/** The subordinate ids of one user, in the order of the files. */
export interface SubidRanges {
  readonly uid: readonly SubidRange[];
  readonly gid: readonly SubidRange[];
  /** What root can do when they do not suffice. */
  readonly remedy?: string;
}

/** Who runs Cooper, as the host sees it. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
}

/** Base of root's maps when /etc/subuid gives root no range, as LXD and Incus choose it. */
const rootRange: SubidRange = { start: 1_000_000, count: 1_000_000_000 };

/** Where useradd(8) begins to hand out ranges, and how many ids a container has. */
const firstHandedOut = 100_000;
const usualCount = 65_536;

/** The ranges that /etc/subuid or /etc/subgid (its text) gives a user, by name or by number; faulty lines are skipped, as shadow does. */
export function parseSubid(text: string, user: { readonly name?: string; readonly uid: number }): SubidRange[] {
  const ranges: SubidRange[] = [];
  for (const line of text.split('\n')) {
    const [, owner, start, count] = /^([^:#]+):(\d+):(\d+)\s*$/.exec(line) ?? [];
    if (owner === undefined || (owner !== user.name && owner !== String(user.uid))) continue;
    const range = { start: Number(start), count: Number(count) };
    if (range.count > 0 && range.start + range.count - 1 <= largestId) ranges.push(range);
  }
  return ranges;
}

/** The ranges in what getsubids(1) prints: lines such as `0: anna 100000 65536`. */
export function parseGetsubids(text: string): SubidRange[] {
  return [...text.matchAll(/^\d+: \S+ (\d+) (\d+)\s*$/gm)]
    .map(([, start, count]) => ({ start: Number(start), count: Number(count) }))
    .filter(({ start, count }) => count > 0 && start + count - 1 <= largestId);
}

/** The command with which root gives a user ids that nobody has in either file (their texts). */
export function addRangeCommand(texts: readonly string[], user: string): string {
  const ends = texts.flatMap((text) =>
    [...text.matchAll(/^[^:#\n]+:(\d+):(\d+)\s*$/gm)].map(([, start, count]) => Number(start) + Number(count)),
  );
  const start = Math.max(firstHandedOut, ...ends.filter((end) => end + usualCount - 1 <= largestId));
  const range = `${start}-${start + usualCount - 1}`;
  return `usermod --add-subuids ${range} --add-subgids ${range} ${user}`;
}

/** The calling process. */
export function currentCaller(): Caller {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

/** Name of the calling user, where the password database has one. */
export function callerName(): { name?: string } {
  try {
    return { name: userInfo().username };
  } catch (error) {
    // A user without an entry in the password database has no name; ranges may still be given by number.
    if (isSystemError(error, 'ERR_SYSTEM_ERROR') || isSystemError(error, 'ENOENT')) return {};
    throw error;
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}

/** NSS may know of ranges that the files do not have; without the program or an entry there are none. */
function askNss(options: readonly string[], user: string): Promise<SubidRange[]> {
  return new Promise((resolve) => {
    execFile('getsubids', [...options, user], (error, stdout) => resolve(error === null ? parseGetsubids(stdout) : []));
  });
}

/** The calling user's subordinate ids. Real root without a line in a file gets 1000000 and up. */
export async function readSubids(): Promise<SubidRanges> {
  const { uid } = currentCaller();
  const user = { ...callerName(), uid };
  const shown = user.name ?? String(uid);
  const read = async (text: string, options: readonly string[]) => {
    const listed = parseSubid(text, user);
    const ranges = listed.length > 0 ? listed : await askNss(options, shown);
    return ranges.length === 0 && uid === 0 ? [rootRange] : ranges;
  };
  const texts = [await readIfThere('/etc/subuid'), await readIfThere('/etc/subgid')] as const;
  return {
    uid: await read(texts[0], []),
    gid: await read(texts[1], ['-g']),
    remedy: `As root: ${addRangeCommand(texts, shown)}`,
  };
}
