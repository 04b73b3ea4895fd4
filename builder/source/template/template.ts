// Sources that are a template script of LXC (lxc-create(1)): it is called as lxc-create calls it, as root of a container, in the root of
// an image that has the tools which it needs. What it makes is the root; its tools go away.

import { copyFile } from 'node:fs/promises';
import { CooperError } from '../../../errors/index.ts';
import { digestFile } from '../../../image/index.ts';
import { type FileDigest, sameDigest } from '../../../keys/index.ts';
import type { ResolvedImage } from '../../../variants/resolved.ts';
import { openContentCache } from '../cache.ts';
import { ownersOf } from '../debian/install/owners.ts';
import { packageCacheOf } from '../fetched.ts';
import type { Choice, OpenSource, SourceKind, SourceRequest } from '../kind.ts';
import { measureLayers } from '../seed/archive-content.ts';
import { basesOf } from '../seed/bases.ts';
import { installedIn } from '../seed/installed.ts';
import { seedFiles } from '../seed/seed-files.ts';
import type { SeedPart } from '../wanted.ts';
import { installTemplate } from './install.ts';

/** @throws CooperError `tools-missing`, and what the functions that it is made of throw */
export const template: SourceKind<'template'> = {
  async open(image, request): Promise<OpenSource> {
    const { source, architecture } = image;
    const tools = () => toolsOf(source.tools, architecture, request);
    return {
      bases: basesOf(image, request.mirrors),
      async choose(images, stages) {
        const { part, epoch } = await stages.run('index', tools);
        return images.map((each) => choiceFor(each, part, epoch));
      },
      measure: (layers) => measureLayers(layers, request),
      fetch: (layers) => seedFiles(layers, request, tools),
      install: (root, layer, files, context, hooks) => installTemplate(root, image, { layer, files }, context, hooks),
      scrub: 'scrub-locked',
      installed: installedIn,
      owners: ownersOf,
    };
  },
};

function choiceFor({ layers }: ResolvedImage, part: SeedPart, epoch: number): Choice {
  const chain = layers.map((layer) => ({ layer, packages: [], seed: [part] }));
  // What the script fetches is vouched for as far as it does so itself.
  return { chain, epoch, indices: [], vouched: 'script' };
}

/** It is judged by what its signed manifest says. */
async function copied(archive: string, digest: FileDigest, to: string): Promise<FileDigest> {
  await copyFile(archive, to);
  const found = await digestFile(to);
  if (sameDigest(found, digest)) return found;
  throw new CooperError('digest-mismatch', { what: `${archive} is not what its image.json says` });
}

/** The root archive of the tools in the cache, and the time of their build. */
async function toolsOf(
  name: string,
  architecture: string,
  request: SourceRequest,
): Promise<{ part: SeedPart; epoch: number }> {
  const { archive, digest, epoch, build } = await request.findTools(name, architecture);
  const cache = await openContentCache(packageCacheOf(request.cacheDir));
  if ((await cache.find(digest.sha256)) === undefined) await cache.add((to) => copied(archive, digest, to));
  return { part: { name: `${name} ${build}`, digest }, epoch };
}
