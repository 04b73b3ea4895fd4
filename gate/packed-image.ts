// What a rule may look at of a finished image: the root inside its archive, the members of meta.tar.xz, and how the
// archive came out of a stock client's hands.

import type { RootView } from './root-view.ts';

/** A device node that exists as a header of the archive. */
export interface DeviceHeader {
  /** Member name as it stands in the archive, one character a byte: `./dev/console`. */
  readonly name: string;
  readonly kind: 'character' | 'block';
}

/** How GNU tar fared in a user namespace, or why it was not tried. */
export type Unpacking =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'failed'; readonly status: number; readonly lines: readonly string[] }
  | { readonly outcome: 'skipped'; readonly reason: string };

/** The archives of an image, read. */
export interface PackedImage {
  /** Without device nodes: those are headers, no part of the tree. */
  readonly root: RootView;
  readonly devices: readonly DeviceHeader[];
  /** Members of meta.tar.xz by name. */
  readonly meta: ReadonlyMap<string, Buffer>;
  readonly unpacking: Unpacking;
}
