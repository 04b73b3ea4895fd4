// Where everything stands in a published tree (docs/DESIGN.md, "On disk"). Pure: only names and paths.

import { join } from 'node:path';
import type { BuildName } from '../../image/index.ts';
import type { ImageId } from '../../variants/identity.ts';

/** Absolute paths of the parts of a tree. */
export interface TreePaths {
  readonly tree: string;
  /** The symlink that a publish flips; what is served. */
  readonly live: string;
  readonly generations: string;
  readonly images: string;
  /** Work of the publish that holds the lock; removed by the next one when it was cut off. */
  readonly staging: string;
  readonly lock: string;
  /** Builds that a mirror fetches; what an interrupted run has left there is taken up by the next. */
  readonly fetching: string;
  /** Held by a mirror for as long as it runs, where others may publish meanwhile. */
  readonly mirrorLock: string;
  /** What a mirror of a server without a catalog remembers of it. */
  readonly upstream: string;
  /** Its number (tree-format.ts). */
  readonly format: string;
  /** Since when builds are off the index (departed.ts). */
  readonly departed: string;
}

/** The parts of the tree at `tree`. */
export function treePaths(tree: string): TreePaths {
  return {
    tree,
    live: join(tree, 'live'),
    generations: join(tree, 'generations'),
    images: join(tree, 'images'),
    staging: join(tree, '.staging'),
    lock: join(tree, '.lock'),
    fetching: join(tree, '.fetching'),
    mirrorLock: join(tree, '.mirror.lock'),
    upstream: join(tree, '.upstream.json'),
    format: join(tree, 'format'),
    departed: join(tree, '.departed.json'),
  };
}

/** Folder of all builds of an image, relative to the tree and to the root of the server, without a trailing slash. */
export function imageFolder(id: ImageId): string {
  return ['images', id.distribution, id.release, id.architecture, id.variant].join('/');
}

/** Folder of one build, likewise, with a trailing slash as catalog and index have it. */
export function buildFolder(id: ImageId, build: BuildName): string {
  return `${imageFolder(id)}/${build}/`;
}
