// The newest published build of an image in the home's own tree.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FinishedBuild } from '../builder/index.ts';
import { manifestSchema } from '../image/index.ts';
import { type ListedImage, listPublished } from '../server/index.ts';
import { type ImageId, imageName } from '../variants/index.ts';

/** Looks builds up in a tree that is read once. */
export class PublishedBuilds {
  readonly #tree: string;
  #listed: Promise<ReadonlyMap<string, ListedImage>> | undefined;

  constructor(tree: string) {
    this.#tree = tree;
  }

  /** The newest build of the image, or undefined. A manifest of a format that is not ours any more counts as none. */
  async newest(id: ImageId): Promise<FinishedBuild | undefined> {
    this.#listed ??= listPublished(this.#tree).then(
      (images) => new Map(images.map((image) => [imageName(image), image])),
    );
    const directory = (await this.#listed).get(imageName(id))?.directory;
    if (directory === undefined) return undefined;
    const text = await readFile(join(directory, 'image.json'), 'utf8');
    const parsed = manifestSchema.safeParse(JSON.parse(text));
    return parsed.success ? { directory, manifest: parsed.data } : undefined;
  }
}
