// Whether the roots of a run lie in memory or on disk. Pure: what there is of memory is handed in.

import type { LayerMode } from './buildroot/layer-roots.ts';

/** Where roots are to lie: `auto` is in memory as far as memory allows, `memory` fails where it does not. */
export const rootPlaces = ['auto', 'memory', 'disk'] as const;
export type RootPlace = (typeof rootPlaces)[number];

/** Something that bounds what may be taken of memory, in words for people, and how many bytes it has to give now. */
export interface MemorySource {
  readonly name: string;
  readonly bytes: number;
}

/** `ceiling`: bytes that roots may take when scripts write more than was foreseen. `reason`: one clause. */
export type RootPlacement =
  | { readonly place: 'memory'; readonly ceiling: number }
  | { readonly place: 'disk'; readonly reason: string };

interface Packed {
  readonly digest: { readonly size: number; readonly sha256: string };
}

/** Bytes that files take once they are unpacked, by their SHA-256, where that is known. */
export type Measured = ReadonlyMap<string, number>;

/** A layer by the sizes of its packages and of what it was unpacked from in bytes, and what is built upon it. */
export interface SizedLayer {
  readonly layer: {
    readonly seed: readonly Packed[];
    readonly added: readonly Packed[];
    readonly packages: readonly Packed[];
  };
  readonly above: readonly SizedLayer[];
}

// Measured on Debian: 39 MB of packages become 152 MB (mini), 254 MB become 1.13 GB (full). Lists of dpkg, caches and what
// waits for preinst scripts come on top of that.
const unpackedOfPacked = 5;
const besides = 64 * 2 ** 20;

// The rest is for the compilers and compressors of this run, for other runs, and for whatever else the machine does.
const share = { foreseen: 0.5, most: 0.75 };

/** Bytes that roots take at the most at one time; what was not measured by the size of its package. Trees are built one after the other. */
export function bytesOfRoots(trees: readonly SizedLayer[], mode: LayerMode, measured: Measured = new Map()): number {
  const sizeOf = ({ digest }: Packed) => measured.get(digest.sha256) ?? unpackedOfPacked * digest.size;
  return besides + Math.max(0, ...trees.map((tree) => unpackedBytes(tree, mode, sizeOf)));
}

// A copy has everything once more, all other layers only what they add. Of layers above the same one each goes before the next.
function unpackedBytes(
  { layer, above }: SizedLayer,
  mode: LayerMode,
  sizeOf: (item: Packed) => number,
  below: readonly Packed[] = [],
): number {
  const seed = mode === 'copy' ? [...below, ...layer.seed] : layer.seed;
  const packages = mode === 'copy' ? layer.packages : layer.added;
  const own = [...seed, ...packages].reduce((sum, item) => sum + sizeOf(item), 0);
  return own + Math.max(0, ...above.map((node) => unpackedBytes(node, mode, sizeOf, seed)));
}

/**
 * Decides for roots of `needed` bytes: no more than half of what each source has. `boxMemory`: what a box may use; what it writes
 * to memory counts for it.
 */
export function placeRoots(needed: number, machine: readonly MemorySource[], boxMemory = Infinity): RootPlacement {
  const sources = [...machine, { name: 'memory that the definition grants', bytes: boxMemory }];
  const poorest = sources.reduce((one, other) => (other.bytes < one.bytes ? other : one));
  if (needed <= poorest.bytes * share.foreseen) {
    return { place: 'memory', ceiling: share.most * Math.min(...machine.map(({ bytes }) => bytes)) };
  }
  const reason = `up to ${mebibytes(needed)} are needed, and no more than half of the ${mebibytes(poorest.bytes)} of ${poorest.name} is taken`;
  return { place: 'disk', reason };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
