// A build that is there: the newest published one of an image in the home's own tree, or one in a folder.

import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FinishedBuild } from '../builder/index.ts';
import { CooperError, isSystemError } from '../errors/index.ts';
import { manifestSchema, parseChannel } from '../image/index.ts';
import { type ListedImage, listPublished } from '../server/index.ts';
import { type ImageId, imageName, openImage } from '../variants/index.ts';
import { readManifest } from './build-documents.ts';

/** Looks builds of a channel up in a tree that is read once. */
export class PublishedBuilds {
  readonly #tree: string;
  readonly #channel: string;
  #listed: Promise<ReadonlyMap<string, ListedImage>> | undefined;

  constructor(tree: string, channel: string) {
    this.#tree = tree;
    this.#channel = channel;
  }

  /** The newest build of the image, or undefined. A manifest of a format that is not ours any more counts as none. */
  async newest(id: ImageId): Promise<FinishedBuild | undefined> {
    this.#listed ??= listPublished(this.#tree, this.#channel).then(
      (images) => new Map(images.map((image) => [imageName(image), image])),
    );
    const directory = (await this.#listed).get(imageName(id))?.directory;
    if (directory === undefined) return undefined;
    const text = await readFile(join(directory, 'image.json'), 'utf8');
    const parsed = manifestSchema.safeParse(JSON.parse(text));
    return parsed.success ? { directory, manifest: parsed.data } : undefined;
  }
}

/** `name`: an image of the tree, or the folder of a build. Throws `bad-usage` when it is neither, and as `readManifest`. */
export async function findBuild(
  tree: string,
  name: string,
  { definitions, channel: wanted }: { readonly definitions?: string; readonly channel?: string },
): Promise<FinishedBuild> {
  const channel = parseChannel(wanted);
  if (name.startsWith('/') || name.startsWith('.') || (await isFolder(join(name, '.')))) {
    return readBuildFolder(resolve(name));
  }
  const image = await openImage(name, definitions === undefined ? {} : { definitions });
  const newest = await new PublishedBuilds(tree, channel).newest(image);
  if (newest !== undefined) return newest;
  throw new CooperError('bad-usage', {
    what: `${imageName(image)} is not published in ${tree}, channel ${channel}`,
    next: 'Name a published image, or the folder of a build.',
  });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return false;
    throw error;
  }
}

function readBuildFolder(directory: string): FinishedBuild {
  try {
    return { directory, manifest: readManifest(directory) };
  } catch (cause) {
    if (cause instanceof CooperError) throw cause;
    throw new CooperError('bad-usage', { what: `${directory} is not the folder of a build`, cause });
  }
}
