// A publish in a process of its own under strace, which makes one of its system calls that change the file system fail or kills it
// there: what a tree is like afterwards, and what the next publish makes of it.

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { publish, type SignedBuild } from '../../server/index.ts';
import { readPublished } from '../../server/publish/published.ts';
import { madeBuild, mini } from '../server/made-build.ts';

const execute = promisify(execFile);

/** System calls that change files, names, or wait for the disk. */
export const changing = [
  ...['mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2', 'symlink', 'symlinkat', 'link', 'linkat'],
  ...['unlink', 'unlinkat', 'rmdir', 'chmod', 'fchmod', 'fchmodat', 'ftruncate', 'copy_file_range', 'sendfile'],
  ...['fsync', 'fdatasync', 'pwrite64'],
].join(',');

export const images = 'images/debian/bookworm/amd64/mini';
export const dist = new URL('../../dist/', import.meta.url).href;
const publishing = `
const { openSigner } = await import('${dist}keys/sign.js');
const { publish } = await import('${dist}server/index.js');
const [keys, tree, directory] = process.argv.slice(1);
const now = new Date();
await publish(tree, [{ directory }], await openSigner(keys, now), now);
`;

/** A tree with one build published, and a second build that is to be. */
export interface Bed {
  readonly folder: string;
  readonly signer: Signer;
  readonly second: SignedBuild;
}

/** How a publish is disturbed: killed at its n-th changing call, or that call fails with an error. */
export interface Fault {
  readonly at: number;
  readonly how: 'SIGKILL' | 'EIO' | 'ENOSPC';
}

/** Makes the tree and the builds in a new folder; the caller removes it. */
export async function openBed(): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-faults-'));
  const now = new Date();
  await generatePublisherKey(join(folder, 'keys'), { now });
  const signer = await openSigner(join(folder, 'keys'), now);
  await publish(join(folder, 'tree'), [await madeBuild(folder, signer, mini, '20260201_12:00')], signer, now);
  return { folder, signer, second: await madeBuild(folder, signer, mini, '20260201_12:01') };
}

/** How many calls of an undisturbed publish could be disturbed: strace counts them for each thread. */
export async function countCalls(bed: Bed): Promise<number> {
  const log = join(bed.folder, 'calls');
  await withCopy(bed, async (tree) => {
    await strace(publishOf(bed, tree), ['-o', log, '-e', `trace=${changing}`]);
    expect(await buildsOn(tree)).toEqual(['20260201_12:01', '20260201_12:00']);
  });
  return longestThread(log);
}

/** Lines of the thread that has most in a log of strace. */
export function longestThread(log: string): number {
  const counts = new Map<string, number>();
  for (const [, thread = ''] of readFileSync(log, 'utf8').matchAll(/^(\d+) +\w+\(/gm)) {
    counts.set(thread, (counts.get(thread) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

/** Publishes with the fault and expects of the tree what every reader and the next publisher need. */
export async function expectSurvival(bed: Bed, { at, how }: Fault): Promise<void> {
  const what = `${how} at call ${at}`;
  await withCopy(bed, async (tree) => {
    const before = readlinkSync(join(tree, 'live'));
    await strace(publishOf(bed, tree), faultAt({ at, how }));
    const isNew = readlinkSync(join(tree, 'live')) !== before;
    // Readers find a whole generation: the one before or the new one, with every file that it names.
    const seen = await buildsOn(tree);
    expect(seen, what).toEqual(isNew ? ['20260201_12:01', '20260201_12:00'] : ['20260201_12:00']);
    for (const build of seen) expect(existsSync(join(tree, images, build, 'rootfs.tar.xz')), what).toBe(true);
    // The next publisher cleans up and goes on.
    await publish(tree, isNew ? [] : [bed.second], bed.signer, new Date());
    expect(await buildsOn(tree), what).toEqual(['20260201_12:01', '20260201_12:00']);
    expect(readdirSync(join(tree, images)), what).toEqual(['20260201_12:00', '20260201_12:01']);
    expect(existsSync(join(tree, '.staging')), what).toBe(false);
  });
}

async function buildsOn(tree: string): Promise<string[]> {
  const published = await readPublished(tree);
  return [...(published?.offer.values() ?? [])].flatMap(({ builds }) => builds.map(({ build }) => build));
}

/** The words of a publish of the second build. */
function publishOf({ folder, second }: Bed, tree: string): readonly string[] {
  return [publishing, join(folder, 'keys'), tree, second.directory];
}

/** Options of strace for a fault. */
export function faultAt({ at, how }: Fault): readonly string[] {
  const effect = how === 'SIGKILL' ? 'signal=SIGKILL' : `error=${how}`;
  return ['-o', '/dev/null', '-e', `trace=${changing}`, '-e', `inject=${changing}:${effect}:when=${at}`];
}

/** Works with a copy of the bed's tree, which is gone afterwards. */
export async function withCopy(bed: Pick<Bed, 'folder'>, work: (tree: string) => Promise<void>): Promise<void> {
  const copy = mkdtempSync(join(bed.folder, 'copy-'));
  try {
    const tree = join(copy, 'tree');
    cpSync(join(bed.folder, 'tree'), tree, { recursive: true, verbatimSymlinks: true });
    await work(tree);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Runs a module with words under strace. Whatever becomes of it: it is judged by the tree. */
export async function strace([module = '', ...words]: readonly string[], options: readonly string[]): Promise<void> {
  const program = [process.execPath, '--input-type=module', '-e', module, ...words];
  // One thread for all files, so that the n-th call is the same one every time.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const command = ['-f', '-qq', '--seccomp-bpf', ...options, ...program];
  await execute('strace', command, { timeout: 60_000, env }).catch((error: { code?: unknown; killed?: boolean }) => {
    if (error.code === 'ENOENT' || error.killed === true) throw error;
  });
}
