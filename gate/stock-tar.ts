// Unpacks an archive as stock clients do: GNU tar with their line (docs/PROTOCOLS.md, section 1, "Unpack"), in a box that
// holds the container's ids and sees nothing of the host but its programs, the archive and the folder.

import { execFile } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { IdMap } from '../native/index.ts';
import type { Unpacking } from './packed-image.ts';
import { runToolBox, toolPath } from './tool-box.ts';

/** What is unpacked, and where to. */
export interface StockUnpack {
  /** Path of rootfs.tar.xz. */
  readonly archive: string;
  /** Lines of `excludes` for the mode. */
  readonly excludes: readonly string[];
  /** Existing folder; gets `rootfs`. */
  readonly folder: string;
  /** Ids of the container; `host`: a privileged one, made by real root. */
  readonly idMap: IdMap | 'host';
  readonly signal?: AbortSignal;
}

const keptLines = 200;

/** Why tar cannot be tried on this machine; undefined when it can. */
export async function missingTar(): Promise<string | undefined> {
  const tar = await versionOf('tar');
  if (tar === undefined || !tar.includes('GNU tar')) return 'GNU tar is not on this machine';
  return (await versionOf('xz')) === undefined ? 'xz is not on this machine' : undefined;
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(program, ['--version'], { env: { PATH: toolPath } })).stdout;
  } catch {
    // Whatever it is, it is not a tar or xz that can be used.
    return undefined;
  }
}

/** Runs it. What was unpacked stays in `folder`, owned by the ids of the container. Throws what a box throws. */
export async function unpackAsStock(
  request: StockUnpack,
): Promise<{ readonly unpacking: Unpacking; readonly cpuSeconds: number }> {
  const rootfs = `${request.folder}/rootfs`;
  mkdirSync(rootfs, { mode: 0o755 });
  if (request.idMap !== 'host' && process.geteuid?.() === 0) {
    chownSync(rootfs, rootIn(request.idMap.uid), rootIn(request.idMap.gid));
  }
  const lines: string[] = [];
  const exclude = request.excludes.map((line) => `--exclude=${line}`);
  const stdin = openSync(request.archive, 'r');
  const exit = await runToolBox({
    idMap: request.idMap,
    binds: [{ source: request.folder, target: '/container', readOnly: false }],
    stdin,
    argv: ['tar', '--anchored', ...exclude, '--numeric-owner', '-xpJf', '-', '-C', '/container/rootfs'],
    cwd: '/',
    onLine: (line) => void (lines.length < keptLines && lines.push(line)),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  }).finally(() => closeSync(stdin));
  const { status, cpuSeconds } = exit;
  return { unpacking: status === 0 ? { outcome: 'done' } : { outcome: 'failed', status, lines }, cpuSeconds };
}

function rootIn(ranges: IdMap['uid']): number {
  return ranges.find(({ inside }) => inside === 0)?.outside ?? 0;
}
