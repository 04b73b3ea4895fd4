// The peer: a root packed without segments, `tar --sort=name | xz -T2 -6`, and the sizes of what it makes.

import { execFile } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ownersOf } from '../../builder/source/debian/install/owners.ts';
import { bytePath, fsPath, joinPath } from '../../image/tree/byte-path.ts';
import { pathsOf } from './changed.ts';
import { asGated, type PreparedRoot } from './prepared-root.ts';
import { silentReport } from './silent-report.ts';

const run = promisify(execFile);
const pipe = (words: string) => ['bash', '-c', `set -o pipefail; ${words}`, 'bash'] as const;

/** Packs a root into a file. */
export function plainPacking({ root }: PreparedRoot, target: string): readonly string[] {
  mkdirSync(dirname(target), { recursive: true });
  return [...pipe('tar --sort=name -C "$1" -c . | xz -T2 -6 >"$2"'), root, target];
}

/** Bytes of that file; counted once. */
export async function plainSize(prepared: PreparedRoot): Promise<number> {
  const known = join(prepared.folder, 'plain-size');
  try {
    return Number(readFileSync(known, 'utf8'));
  } catch {
    const size = await bytesOf('tar --sort=name -C "$1" -c . | xz -T2 -6', [prepared.root]);
    writeFileSync(known, String(size));
    return size;
  }
}

/** What the files of some source packages take, alone. In bytes. */
export interface PartSize {
  readonly tar: number;
  /** `xz -6`. */
  readonly compressed: number;
}

/** Directories are not among them: packages share those. */
export async function sizeOfSources(prepared: PreparedRoot, sources: ReadonlySet<string>): Promise<PartSize> {
  const { folder, root, plan } = prepared;
  const owners = await ownersOf(asGated(prepared), plan.layers, silentReport, new AbortController().signal);
  const files = pathsOf(owners, sources).filter((path) => isFile(root, path));
  const list = join(folder, 'changed-files');
  writeFileSync(list, files.map((path) => `${path}\0`).join(''), 'latin1');
  const tar = 'tar --null --verbatim-files-from --no-recursion -C "$1" -T "$2" -c';
  const words = [root, list];
  return { tar: await bytesOf(tar, words), compressed: await bytesOf(`${tar} | xz -6`, words) };
}

function isFile(root: string, path: string): boolean {
  const status = lstatSync(fsPath(joinPath(bytePath(root), path)), { throwIfNoEntry: false });
  return status !== undefined && !status.isDirectory();
}

async function bytesOf(words: string, parameters: readonly string[]): Promise<number> {
  const [program, ...rest] = pipe(`${words} | wc -c`);
  const { stdout } = await run(program, [...rest, ...parameters]);
  return Number(stdout);
}
