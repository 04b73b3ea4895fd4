import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutSegments } from '../../../image/segment/cut.ts';
import { type CutEntry, contentClasses, type EntryOwner } from '../../../image/segment/entry.ts';
import { type LinkedNode, settleHardLinks } from '../../../image/segment/hard-links.ts';
import type { TarEntry } from '../../../image/tar/entry.ts';
import type { BytePath } from '../../../image/tree/byte-path.ts';

const mebibyte = 1024 * 1024;
const xattrs = new Map([['user.x', Buffer.from('y')]]);
const entryOf = (path: string, type: 'file' | 'hardlink', size: number, target = ''): TarEntry => ({
  name: Buffer.from(`./${path}`, 'latin1'),
  type,
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: type === 'file' ? size : 0,
  mtime: { seconds: 1, nanoseconds: 0 },
  linkName: Buffer.from(target, 'latin1'),
  xattrs: type === 'file' ? xattrs : new Map(),
});
const owner = (layer: number, source: string): EntryOwner => ({ layer, source, package: source });
const names = (size: number, owners: Record<string, EntryOwner | undefined>): LinkedNode[] => {
  const [first] = Object.keys(owners);
  return Object.entries(owners).map(([path, owner]) => ({
    path: path as BytePath,
    entry: path === first ? entryOf(path, 'file', size) : entryOf(path, 'hardlink', size, `./${first}`),
    ...(owner === undefined ? {} : { owner }),
  }));
};
const shown = (nodes: readonly LinkedNode[]) =>
  nodes.map(({ entry }) => `${entry.name} ${entry.type} ${entry.size} ${entry.linkName} ${entry.xattrs.size}`);

describe('the names of one file', () => {
  it('have the content at the name of the first layer, so that its segments do not depend on later ones', () => {
    const nodes = names(7, { a: owner(1, 'a'), b: owner(0, 'z'), c: undefined });
    expect(shown(settleHardLinks(nodes))).toEqual(['./a hardlink 0 ./b 0', './b file 7  1', './c hardlink 0 ./b 0']);
  });

  it('are left as they are when the first of them comes first', () => {
    const nodes = names(7, { a: owner(0, 's'), b: owner(0, 's') });
    expect(settleHardLinks(nodes)).toEqual(nodes);
  });

  it('precede the hard links to them in the order of segments', () => {
    const anyOwner = fc.option(
      fc.record({
        layer: fc.integer({ min: 0, max: 2 }),
        source: fc.constantFrom('a', 'b', 'c'),
        package: fc.constantFrom('a', 'b'),
      }),
      { nil: undefined },
    );
    const lists = [{ name: 'odd', prefixes: ['1-', '3-'] }];
    const file = fc.record({
      owners: fc.array(anyOwner, { minLength: 1, maxLength: 5 }),
      size: fc.integer({ max: 30 * mebibyte, min: 0 }),
    });
    fc.assert(
      fc.property(fc.array(file, { maxLength: 12 }), fc.constantFrom(...contentClasses), (files, content) => {
        const nodes = settleHardLinks(
          files.flatMap(({ owners, size }, at) => names(size, pathsFor(owners, at))),
          lists,
        );
        const entries = nodes.map((node) => cutEntry(node, content));
        const seen = new Set<string>();
        for (const at of cutSegments(entries, lists).flatMap((segment) => segment.entries)) {
          const entry = nodes[at]?.entry as TarEntry;
          if (entry.type === 'hardlink') expect(seen).toContain(entry.linkName.toString('latin1'));
          seen.add(entry.name.toString('latin1'));
        }
      }),
    );
  });
});

function pathsFor(owners: readonly (EntryOwner | undefined)[], at: number): Record<string, EntryOwner | undefined> {
  return Object.fromEntries(owners.map((owner, index) => [`${(at * 7 + index * 3) % 5}-${at}-${index}`, owner]));
}

function cutEntry({ path, entry, owner }: LinkedNode, content: CutEntry['content']): CutEntry {
  const { type } = entry;
  const bytes = 512 + 512 * Math.ceil(entry.size / 512);
  return { path, type, bytes, content, ...(owner === undefined ? {} : { owner }) };
}
