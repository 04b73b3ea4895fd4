// The builds of a tree as its own catalog names them, for who makes containers of them without a server in between.

import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type BuildName, inChannel } from '../../image/index.ts';
import type { FileDigest, Fingerprint } from '../../keys/index.ts';
import type { ImageId } from '../../variants/identity.ts';
import { readPublished } from './published.ts';

/** A build on offer. */
export interface OwnBuild extends ImageId {
  readonly title: string;
  readonly releaseVersion?: string | undefined;
  readonly build: BuildName;
  /** Absolute. */
  readonly directory: string;
  /** Of image.json, as the catalog has it. */
  readonly manifest: FileDigest;
  /** ISO time. */
  readonly endOfLife?: string | undefined;
}

/** Whose they are; of each image the newest build first. */
export interface OwnBuilds {
  readonly publisher: Fingerprint;
  readonly builds: readonly OwnBuild[];
}

/**
 * All builds of a channel; undefined before the first publish.
 * @throws CooperError as readPublished, 'signature-revoked' when the publisher has taken the key back
 */
export async function listOwnBuilds(tree: string, channel: string): Promise<OwnBuilds | undefined> {
  const published = await readPublished(tree);
  if (published === undefined) return undefined;
  const { fingerprint } = published.publisher;
  if (published.revoked) {
    throw new CooperError('signature-revoked', { what: `${tree} is published with ${fingerprint}, which is revoked` });
  }
  const builds = [...published.offer.values()].flatMap((image) =>
    inChannel(image.builds, channel).map(({ build, path, manifest }) => {
      return { ...image, build, directory: join(tree, path), manifest };
    }),
  );
  return { publisher: fingerprint, builds };
}
