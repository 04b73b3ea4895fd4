// The archives of an image, each with where its segments are. Pure.

import type { FileDigest } from '../../keys/digest.ts';
import type { Manifest } from '../manifest.ts';
import { type EncodingName, encodingNames } from './encoding.ts';
import type { SegmentPlace } from './read-segments.ts';

/** An archive of the tar, cut into segments. */
export interface SegmentedArchive {
  readonly encoding: EncodingName;
  /** `rootfs.tar.xz` */
  readonly file: string;
  readonly digest: FileDigest;
  readonly segments: readonly SegmentPlace[];
}

/** Those that the manifest has, and has a table of. */
export function segmentedArchives({ rootfs, files }: Pick<Manifest, 'rootfs' | 'files'>): SegmentedArchive[] {
  return encodingNames.flatMap((encoding) => {
    const file = `rootfs.tar.${encoding}`;
    const digest = files[file];
    const segments = rootfs.segments?.flatMap(({ size, sha256, block, frame }) => {
      const place = encoding === 'xz' ? block : frame;
      return place === undefined ? [] : [{ size, sha256, block: place }];
    });
    if (digest === undefined || segments === undefined || segments.length < (rootfs.segments?.length ?? 0)) return [];
    return [{ encoding, file, digest, segments }];
  });
}
