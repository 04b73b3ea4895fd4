// Sources that are a root filesystem on this machine: what is there becomes an archive in the cache, and that is the seed. So a build
// knows by digests what it was made of, as any other.

import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, realpath } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { digestFile } from '../../../image/index.ts';
import { type IdMap, runWorker } from '../../../native/index.ts';
import type { ResolvedImage } from '../../../variants/resolved.ts';
import { openContentCache } from '../cache.ts';
import { ownersOf } from '../debian/install/owners.ts';
import { packageCacheOf, privateCacheOf } from '../fetched.ts';
import type { Choice, OpenSource, SourceKind, SourceRequest } from '../kind.ts';
import { measureLayers, newestTime } from '../seed/archive-content.ts';
import { basesOf } from '../seed/bases.ts';
import { installSeed } from '../seed/install.ts';
import { installedIn } from '../seed/installed.ts';
import { seedFiles } from '../seed/seed-files.ts';
import type { SeedPart } from '../wanted.ts';
import type { TarRequest } from './tar-worker.ts';

/** A tree, and the map under which its owners are those that the image has. */
interface Tree {
  readonly path: string;
  readonly idMap: IdMap | 'host';
}

/** Hands the tree to `use`; nobody may change it meanwhile. */
type HoldTree = <T>(use: (tree: Tree) => Promise<T>) => Promise<T>;

/** @throws CooperError `seed-missing`, and what the functions that it is made of throw */
export const directory: SourceKind<'directory'> = {
  open: async (image, request) =>
    openTree(image.source.path, image, request, (use) => use(folderAt(image.source.path, request))),
};

/** @throws CooperError of opening the container (client/container/), and what the functions that it is made of throw */
export const container: SourceKind<'container'> = {
  open: async (image, request) =>
    openTree(`container ${image.source.name}`, image, request, (use) =>
      request.holdContainer(image.source.name, ({ rootfs, idMap }) => use({ path: rootfs, idMap })),
    ),
};

function folderAt(path: string, { idMap }: SourceRequest): Tree {
  // Of an ordinary user's folders the owner is root inside, as in everything that they build.
  return { path, idMap: process.geteuid?.() === 0 ? 'host' : idMap };
}

async function openTree(
  name: string,
  image: ResolvedImage,
  { cacheDir: open, ...rest }: SourceRequest,
  hold: HoldTree,
): Promise<OpenSource> {
  const request = { ...rest, cacheDir: await privateCache(open) };
  const archive = () => hold((tree) => archiveOf(name, tree, request));
  return {
    bases: basesOf(image, request.mirrors),
    async choose(images, stages) {
      const part = await stages.run('index', archive);
      const epoch = await stages.run('resolve', () => newestTime(part, request));
      return images.map((each) => choiceFor(each, part, epoch));
    },
    measure: (layers) => measureLayers(layers, request),
    // What a lock names may not be in the cache any more.
    fetch: (layers) => seedFiles(layers, request, archive),
    install: (root, layer, files, context, hooks) =>
      installSeed(
        root,
        layer,
        files,
        { strip: false, packaging: image.packaging },
        { ...context, cacheDir: request.cacheDir },
        hooks,
      ),
    scrub: 'scrub-locked',
    installed: installedIn,
    owners: ownersOf,
  };
}

/** Nobody has taken anything away yet from what lies there: passwords, keys, whatever a container was told. */
async function privateCache(cacheDir: string): Promise<string> {
  const folder = privateCacheOf(cacheDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return folder;
}

function choiceFor({ layers }: ResolvedImage, part: SeedPart, epoch: number): Choice {
  const chain = layers.map((layer) => ({ layer, packages: [], seed: [part] }));
  return { chain, epoch, indices: [], vouched: 'machine' };
}

async function archiveOf(name: string, { path, idMap }: Tree, { cacheDir, signal }: SourceRequest): Promise<SeedPart> {
  const root = await follow(path);
  const cache = await openContentCache(packageCacheOf(cacheDir));
  const { digest } = await cache.add(async (to) => {
    const output = openSync(to, 'wx', 0o600);
    try {
      const request: TarRequest = { root };
      const binds = [{ path: root, readOnly: true }];
      await runWorker<null>('builder/source/tree/tar-worker', request, { idMap, binds, output, signal });
    } finally {
      closeSync(output);
    }
    return digestFile(to);
  });
  return { name, digest };
}

async function follow(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    if (real === path) return path;
    // It may lead out of what was allowed.
    throw new CooperError('seed-missing', { what: `${path} leads to ${real}`, next: 'Name that in the definition' });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'ENOTDIR')) throw error;
    throw new CooperError('seed-missing', { what: `${path} is not there`, cause: error });
  }
}
