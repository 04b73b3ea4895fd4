// What the cut sees of an entry of a tree. Knows packages by name only: whose an entry is comes from outside.

import type { EntryType } from '../tar/entry.ts';
import type { BytePath } from '../tree/byte-path.ts';

/** Kinds of content in the order in which they stand in a segment: like beside like compresses best. */
export const contentClasses = ['elf', 'volatile', 'text', 'doc', 'binary', 'mo', 'packed', 'links'] as const;

/** What an entry holds: `links` is everything that is a header alone. */
export type ContentClass = (typeof contentClasses)[number];

/** Whose entry it is. Names are byte strings as those of BytePath. */
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
  /** A hard link's target has to precede it: see `settleHardLinks`. */
  readonly type: EntryType;
  /** Of the tar: headers and content with padding. */
  readonly bytes: number;
  readonly content: ContentClass;
  /** None: no package has it. */
  readonly owner?: EntryOwner;
}

/** What no package has, by beginnings of paths: every list has segments of its own, before those of the rest. */
export type Residues = readonly { readonly name: string; readonly prefixes: readonly string[] }[];
