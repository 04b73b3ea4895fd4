// What all comparisons of images stand on: roots of Debian's images with and without updates, made when they are asked for,
// and what each becomes when it is packed. Made once; with COOPER_BENCH_FOLDER also once for several runs.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackedRoot } from '../../image/index.ts';
import { measure } from '../measured.ts';
import type { BenchOptions } from '../result.ts';
import { makeRoot, type RootName, rootFolder } from './make-root.ts';
import { type PreparedRoot, preparedRoot } from './prepared-root.ts';

/** The bed. */
export interface ImageBed {
  /** On disk. */
  readonly folder: string;
  readonly home: string;
  readonly options: BenchOptions;
}

/** The root of that name, made when it is not there. */
export async function rootOf(bed: ImageBed, name: RootName): Promise<PreparedRoot> {
  const folder = join(bed.folder, 'roots', rootFolder(name));
  if (!existsSync(join(folder, 'plan.json'))) {
    bed.options.tell(`making the root ${rootFolder(name)}`);
    await makeRoot(bed, name, folder);
  }
  return preparedRoot(folder);
}

/** A packed root and its archive. */
export interface PackedImage {
  readonly packed: PackedRoot;
  /** rootfs.tar.xz. */
  readonly file: string;
}

/** The root packed, once, by the cache that all roots share: for comparisons of bytes, which do not depend on it. */
export async function packedImage(bed: ImageBed, root: PreparedRoot): Promise<PackedImage> {
  const output = join(bed.folder, 'packed');
  if (!existsSync(packedFile(output, root))) {
    bed.options.tell(`packing ${basename(root.folder)}`);
    await measure({ argv: packing(join(bed.folder, 'cache'), output, [root]) });
  }
  return readPacked(output, root);
}

const program = fileURLToPath(new URL('./pack-roots.js', import.meta.url));

/** Packs roots into `<output>/<name>/` with the blocks in `cache`; both are made. */
export function packing(cache: string, output: string, roots: readonly PreparedRoot[]): readonly string[] {
  mkdirSync(output, { recursive: true });
  return [process.execPath, program, cache, output, ...roots.map(({ folder }) => folder)];
}

function readPacked(output: string, root: PreparedRoot): PackedImage {
  const packed = JSON.parse(readFileSync(packedFile(output, root), 'utf8')) as PackedRoot;
  return { packed, file: join(output, basename(root.folder), 'rootfs.tar.xz') };
}

function packedFile(output: string, { folder }: PreparedRoot): string {
  return join(output, basename(folder), 'packed.json');
}
