// What the cut sees of an entry of a tree, and what kind of content it has. Pure.

import type { EntryType } from '../tar/entry.ts';
import type { BytePath } from '../tree/byte-path.ts';

/** Kinds of content in the order in which they stand in a segment: like beside like compresses best. */
export const contentClasses = ['elf', 'volatile', 'text', 'doc', 'binary', 'mo', 'packed', 'links'] as const;
export type ContentClass = (typeof contentClasses)[number];

/** Whose entry it is. */
export interface EntryOwner {
  /** Place in the chain of variants, from 0. */
  readonly layer: number;
  /** What is updated as a whole. */
  readonly source: string;
  readonly package: string;
}

/** An entry as far as the cut is concerned. */
export interface CutEntry {
  /** Relative to the root, which is the empty path. */
  readonly path: BytePath;
  readonly type: EntryType;
  /** Of the tar: headers and content with padding. */
  readonly bytes: number;
  readonly content: ContentClass;
  /** Of a hard link: the name that has the content. */
  readonly target?: BytePath;
  /** None: no package has it. */
  readonly owner?: EntryOwner;
}

const packed = /\.(?:gz|xz|bz2|zst|lz4|zip|jar|whl|png|jpe?g|gif|webp|woff2?|pyz)$/;
const docs = /^usr\/share\/(?:doc|man|info|help|gtk-doc|doc-base|lintian)\//;
// What changes with every version of a package: its own records, and its history.
const volatile = /^var\/lib\/|^usr\/share\/doc\/[^/]+\/(?:changelog|NEWS)/;

/** By name, and by the first bytes of a file where the name says nothing. */
export function classify(path: BytePath, type: EntryType, head: Buffer): ContentClass {
  if (type !== 'file') return 'links';
  if (head.length >= 4 && head.readUInt32BE(0) === 0x7f454c46) return 'elf';
  if (volatile.test(path)) return 'volatile';
  if (packed.test(path)) return 'packed';
  if (path.endsWith('.mo')) return 'mo';
  if (docs.test(path)) return 'doc';
  return head.includes(0) ? 'binary' : 'text';
}
