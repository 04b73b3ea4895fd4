// Layers at random, one upon the other: wherever umoci unpacks an image, ours is the same tree.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect } from 'vitest';
import { MadeImages } from '../builder/source/oci/made-image.ts';
import { unpackedByUmoci, unpackedByUs } from '../builder/source/oci/unpacked-layout.ts';
import { treeListing } from '../e2e/tree-listing.ts';
import { archiveOf, file, link, type Member, member } from '../image/tar/archive.ts';
import { testAsRoot } from '../setup/as-root.ts';

const folder = mkdtempSync('/var/tmp/cooper-layers-');
afterAll(() => rmSync(folder, { recursive: true }));

const runs = 400;
const kinds = [
  'directory',
  'directory',
  'directory',
  'file',
  'file',
  'symlink',
  'hardlink',
  'whiteout',
  'opaque',
] as const;
const wish = fc.record({
  kind: fc.constantFrom(...kinds),
  name: fc.constantFrom('a', 'b', 'c'),
  /** Chooses among what is there by then. */
  place: fc.nat(),
  target: fc.nat(),
  mode: fc.constantFrom(0o700, 0o755, 0o1777, 0o2750),
});
type Wish = typeof wish extends fc.Arbitrary<infer Value> ? Value : never;
const image = fc.tuple(
  fc.array(wish, { minLength: 6, maxLength: 9 }),
  fc.array(wish, { minLength: 1, maxLength: 4 }),
  fc.array(wish, { minLength: 1, maxLength: 4 }),
);

function layerOf(wishes: readonly Wish[], content: string): Member[] {
  const members: Member[] = [];
  const folders = [''];
  const files: string[] = [];
  for (const { kind, name, place, target, mode } of wishes) {
    const parent = folders[place % folders.length] ?? '';
    const path = parent + name;
    if (kind === 'directory') {
      members.push(member(path, 'directory', { mode }));
      folders.push(`${path}/`);
    } else if (kind === 'file') {
      members.push(file(path, content));
      files.push(path);
    } else if (kind === 'symlink')
      members.push(link(path, 'symlink', `/${folders[target % folders.length] ?? ''}none`));
    else if (kind === 'hardlink') members.push(link(path, 'hardlink', files[target % files.length] ?? 'none'));
    else members.push(file(`${parent}.wh.${kind === 'opaque' ? '.wh..opq' : name}`, ''));
  }
  return members;
}

// Names of owners are read there, so no layer hides them.
const accounts = [
  member('.', 'directory'),
  member('etc', 'directory'),
  file('etc/passwd', 'root:x:0:0::/:\n'),
  file('etc/group', 'root:x:0:\n'),
];

testAsRoot('layers at random are unpacked as umoci does', async () => {
  let compared = 0;
  const checked = fc.asyncProperty(image, async ([lowest, ...others]) => {
    const images = new MadeImages();
    const layers = [lowest, ...others].map((wishes, position) => layerOf(wishes, `of layer ${position}\n`));
    const tars = layers.map((members) => archiveOf([...accounts, ...members]));
    const work = mkdtempSync(join(folder, 'image-'));
    try {
      images.writeLayout(join(work, 'layout'), { one: images.image(tars) });
      const theirs = attempted(() => unpackedByUmoci(join(work, 'layout'), work));
      if (theirs === undefined) return;
      compared += 1;
      expect(treeListing(await unpackedByUs(join(work, 'layout'), work), [])).toEqual(treeListing(theirs, []));
    } finally {
      rmSync(work, { recursive: true });
    }
  });
  await fc.assert(checked, { numRuns: runs });
  expect(compared).toBeGreaterThan(runs / 4);
});

function attempted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
