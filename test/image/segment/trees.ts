// Trees for the tests of the cut: random small ones with everything that may go wrong, and a large one like a real root.

import fc from 'fast-check';
import { type CutEntry, contentClasses } from '../../../image/segment/entry.ts';
import { type BytePath, rootPath, splitPath } from '../../../image/tree/byte-path.ts';

export const mebibyte = 1024 * 1024;

/** A package and the content of its files; several packages may share a source. */
export interface TestPackage {
  readonly name: string;
  readonly source: string;
  readonly layer: number;
  readonly files: readonly Pick<CutEntry, 'path' | 'type' | 'bytes' | 'content'>[];
}

/** An entry and the directories above it. */
export function withDirectories(entry: CutEntry): CutEntry[] {
  const owned = entry.owner === undefined ? {} : { owner: entry.owner };
  const entries = [entry];
  for (let { path } = entry; path !== rootPath; ) {
    path = splitPath(path).parent;
    entries.push({ path, type: 'directory', bytes: 512, content: 'links', ...owned });
  }
  return entries;
}

function addOnce(entries: Map<BytePath, CutEntry>, entry: CutEntry): void {
  if (!entries.has(entry.path)) entries.set(entry.path, entry);
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 200 }),
  fc.integer({ min: 1, max: 8 * 2048 }),
  fc.integer({ min: 1, max: 60 * 2048 }),
);
const drawn = fc.record({
  directory: fc.constantFrom('usr/bin', 'usr/lib/x/deep', 'etc', 'usr/share/doc/a', 'usr/share/doc/a/b', 'state'),
  name: fc.string({ unit: fc.constantFrom('a', 'b', 'z', '-', '\xff'), minLength: 1, maxLength: 3 }),
  blocks: size,
  type: fc.constantFrom<CutEntry['type']>('file', 'file', 'file', 'symlink', 'fifo'),
  content: fc.constantFrom(...contentClasses),
  owned: fc.boolean(),
  layer: fc.integer({ min: 0, max: 2 }),
  source: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
});

/** Any tree: some entries of packages, some of none; or all of none. Those below `state` are a list of residues. */
export const anyTree: fc.Arbitrary<CutEntry[]> = fc
  .tuple(fc.array(drawn, { maxLength: 60 }), fc.constantFrom(true, true, false))
  .map(([list, packages]) => {
    const entries = new Map<BytePath, CutEntry>();
    for (const { directory, name, blocks, type, content, owned, layer, source } of list) {
      const path = `${directory}/.${name}` as BytePath;
      const entry = { path, type, bytes: type === 'file' ? blocks * 512 : 512, content };
      const owner = packages && owned ? { owner: { layer, source, package: source } } : {};
      for (const each of withDirectories({ ...entry, ...owner })) addOnce(entries, each);
    }
    return [...entries.values()];
  });

/** 200 packages of 150 sources whose sizes are spread as those of a real root; the same for the same seed. */
export function likeARoot(seed: number): TestPackage[] {
  const random = randomNumbers(seed);
  return Array.from({ length: 200 }, (_, at) => {
    const name = `lib${Math.floor(random() * 1e9).toString(36)}${at}`;
    // From 30 kB to some 30 MB; half of the packages have less than 300 kB.
    const total = 30_000 * 1000 ** (random() ** 2.2);
    const count = 2 + Math.floor(random() * 6);
    const files = Array.from({ length: count }, (_, file) => ({
      path: `usr/lib/${name}/f${file}` as BytePath,
      type: 'file' as const,
      bytes: 1024 + 512 * Math.ceil((total * 2 * random()) / count / 512),
      content: contentClasses[file % 7] ?? 'elf',
    }));
    return { name, source: at % 4 === 0 ? `s${at % 50}` : name, layer: 0, files };
  });
}

/** Numbers of [0, 1): the generator of Park and Miller, for choices that a failing test repeats. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
