// What is in the cache: each build with its archives, by the manifests that are kept. What no manifest names (of an earlier version, half
// fetched or half removed) is listed by its file.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type BuildName, manifestSchema } from '../../image/index.ts';
import type { Sha256 } from '../../keys/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { unfinishedIn } from '../fetch/partial-archive.ts';
import { archivesIn, archivesOf } from './image-archives.ts';
import { type KeptFiles, whereAllowed } from './kept-files.ts';
import type { Aged } from './removal.ts';

/** Something in the cache that stays or goes as a whole. */
export interface CachedImage extends Aged {
  /** `debian/bookworm/amd64/mini`; undefined for files that no manifest names. */
  readonly image: string | undefined;
  readonly build: BuildName | undefined;
  /** Digest of its manifest. */
  readonly manifest: Sha256 | undefined;
  /** Paths of its archives, and of its manifest. */
  readonly files: readonly string[];
}

/** The images in the cache, used last first. An archive of two builds counts for the one that was used last. */
export async function cachedImages(files: KeptFiles): Promise<CachedImage[]> {
  const unfinished = (await whereAllowed(() => unfinishedIn(files.folder))) ?? [];
  const archives = await statuses([...(await archivesIn(files.folder)), ...unfinished]);
  const named = (await namedBuilds(files)).sort((one, other) => other.used - one.used);
  const images = named.flatMap(({ id, build, manifest, file, paths, used: read }): CachedImage[] => {
    const own = paths.flatMap((one) => archives.get(one) ?? []);
    if (own.length === 0) return [];
    for (const { path: one } of own) archives.delete(one);
    const used = Math.max(read, ...own.map((one) => one.used));
    return [
      { image: imageName(id), build, manifest, files: [...own.map((one) => one.path), file], bytes: total(own), used },
    ];
  });
  const strays = [...archives.values()].map(({ path: file, bytes, used }): CachedImage => {
    return { image: undefined, build: undefined, manifest: undefined, files: [file], bytes, used };
  });
  return [...images, ...strays].sort((one, other) => other.used - one.used);
}

interface Status {
  readonly path: string;
  readonly bytes: number;
  readonly used: number;
}

/** By path; what has gone meanwhile is left out. */
async function statuses(paths: readonly string[]): Promise<Map<string, Status>> {
  const found = new Map<string, Status>();
  for (const one of paths) {
    const status = await whereAllowed(() => stat(one));
    // What is unfinished has holes.
    const bytes = status === undefined ? 0 : Math.min(status.size, status.blocks * 512);
    if (status !== undefined) found.set(one, { path: one, bytes, used: status.mtimeMs });
  }
  return found;
}

interface NamedBuild {
  readonly id: ImageId;
  readonly build: BuildName;
  readonly manifest: Sha256;
  /** Path of the manifest. */
  readonly file: string;
  /** Paths that its archives have. */
  readonly paths: readonly string[];
  readonly used: number;
}

/** Bytes: manifests with a table of thousands of segments. */
const manifestLimit = 64 * 1024 * 1024;

async function namedBuilds(files: KeptFiles): Promise<NamedBuild[]> {
  const found: NamedBuild[] = [];
  for (const name of await files.list('documents')) {
    const bytes = await files.peek(path.join('documents', name), manifestLimit);
    const contents = bytes && manifestOf(bytes.toString('utf8'));
    const file = files.pathOf(path.join('documents', name));
    const status = await whereAllowed(() => stat(file));
    if (contents === undefined || status === undefined) continue;
    const manifest = path.basename(name, '.json') as Sha256;
    const paths = archivesOf(files.folder, contents);
    found.push({ id: contents, build: contents.build, manifest, file, paths, used: status.mtimeMs });
  }
  return found;
}

/** Undefined for what is no manifest: a shard, or damaged. */
function manifestOf(text: string) {
  try {
    const read = manifestSchema.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function total(files: readonly Status[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
