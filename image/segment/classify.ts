// Says what kind of content an entry has, from its path and first bytes: files alike stand together in a segment, and what
// changes with every version of a package stands apart from what does not. A guess that is wrong costs bytes, nothing else.

import type { BytePath } from '../tree/byte-path.ts';
import type { ContentClass, CutEntry } from './entry.ts';

/** Bytes at the start of a file that `classify` looks at. */
export const headSize = 512;

// Records that package managers keep of each package (dpkg, pacman), and changelogs.
const volatilePaths = [
  /^var\/lib\/dpkg\/info\//,
  /^var\/lib\/pacman\/local\//,
  /^usr\/share\/doc\/.*\/change(log|s)\b/i,
];
const docPath = /^usr\/(local\/)?share\/(doc|man|info)\//;

type Magic = readonly [ContentClass, ...(readonly number[])];
const magics: readonly Magic[] = [
  ['elf', 0x7f, 0x45, 0x4c, 0x46],
  // Message catalogues of gettext, in either byte order.
  ['mo', 0xde, 0x12, 0x04, 0x95],
  ['mo', 0x95, 0x04, 0x12, 0xde],
  // What no compressor makes smaller: gzip, xz, zstd, bzip2, zip, PNG, JPEG, WOFF2.
  ['packed', 0x1f, 0x8b],
  ['packed', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['packed', 0x28, 0xb5, 0x2f, 0xfd],
  ['packed', 0x42, 0x5a, 0x68],
  ['packed', 0x50, 0x4b, 0x03, 0x04],
  ['packed', 0x89, 0x50, 0x4e, 0x47],
  ['packed', 0xff, 0xd8, 0xff],
  ['packed', 0x77, 0x4f, 0x46, 0x32],
];

/**
 * The class of an entry. `head` are its first `headSize` bytes, or all when it has fewer; of everything but files it is not
 * looked at. A changelog is `volatile` also when it is compressed.
 */
export function classify(path: BytePath, type: CutEntry['type'], head: Uint8Array): ContentClass {
  if (type !== 'file') return 'links';
  const magic = magics.find(([, ...bytes]) => bytes.every((byte, at) => head[at] === byte))?.[0];
  if (magic === 'elf') return 'elf';
  if (volatilePaths.some((pattern) => pattern.test(path))) return 'volatile';
  if (magic !== undefined) return magic;
  if (docPath.test(path)) return 'doc';
  return head.subarray(0, headSize).includes(0) ? 'binary' : 'text';
}
