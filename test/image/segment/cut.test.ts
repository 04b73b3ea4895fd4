import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CutSegment, cutSegments } from '../../../image/segment/cut.ts';
import { type ContentClass, type CutEntry, contentClasses } from '../../../image/segment/entry.ts';
import type { BytePath } from '../../../image/tree/byte-path.ts';

const mebibyte = 2 ** 20;
const file = (path: string, more: Partial<CutEntry> = {}): CutEntry => ({
  path: path as BytePath,
  type: 'file',
  bytes: 1024,
  content: 'text',
  ...more,
});
const folder = (path: string, more: Partial<CutEntry> = {}) =>
  file(path, { type: 'directory', content: 'links', ...more });
const owner = (source: string, layer = 0, name = source) => ({ owner: { layer, source, package: name } });

/** Paths of the segments, in order. */
const shown = (entries: readonly CutEntry[], segments: readonly CutSegment[]) =>
  segments.map((segment) => [segment.name, ...segment.entries.map((position) => entries[position]?.path)]);

const cut = (entries: readonly CutEntry[], residues = []) => shown(entries, cutSegments(entries, residues));

describe('order', () => {
  test('layers one after the other, directories first in each, what no package has last', () => {
    const entries = [
      folder('', owner('base')),
      folder('etc', owner('base')),
      folder('etc/app', owner('app', 1)),
      folder('srv/own'),
      file('etc/app/conf', owner('app', 1)),
      file('etc/hosts'),
      file('etc/issue', owner('base')),
      file('srv/own/file'),
    ];
    expect(cut(entries)).toEqual([
      ['directories', '', 'etc'],
      ['base', 'etc/issue'],
      ['directories', 'etc/app'],
      ['app', 'etc/app/conf'],
      ['directories of no package', 'srv/own'],
      ['what no package has', 'etc/hosts', 'srv/own/file'],
    ]);
  });

  test('a directory that a lower layer needs comes with that layer, whoever has it', () => {
    const entries = [folder('opt'), folder('opt/x', owner('late', 1)), file('opt/x/file', owner('base'))];
    expect(cut(entries)[0]).toEqual(['directories', 'opt', 'opt/x']);
  });

  test('in a segment like content stands together, links last', () => {
    const contents: ContentClass[] = ['links', 'packed', 'mo', 'binary', 'doc', 'text', 'volatile', 'elf'];
    const entries = contents.map((content) => file(content, { content, ...owner('one') }));
    expect(cut(entries)).toEqual([['one', ...contentClasses]]);
  });

  test('a hard link goes where its target goes, and behind it', () => {
    const link = (path: string, target: string, more: Partial<CutEntry>) =>
      file(path, { type: 'hardlink', content: 'links', target: target as BytePath, ...more });
    const entries = [
      file('z/content', { ...owner('zeta', 1) }),
      link('a/name', 'z/content', owner('alpha')),
      file('b', owner('alpha')),
      file('state/x'),
      link('other', 'state/x', {}),
    ];
    const segments = shown(entries, cutSegments(entries, [{ name: 'state', prefixes: ['state/'] }]));
    expect(segments).toEqual([
      ['alpha', 'b'],
      ['zeta', 'z/content', 'a/name'],
      ['state', 'state/x', 'other'],
    ]);
  });

  test('a tree that nobody owns is cut by its folders', () => {
    const big = (path: string) => file(path, { bytes: 1.5 * mebibyte });
    const entries = ['usr/lib/a/x', 'usr/lib/b/x', 'usr/share/doc/x', 'opt/x'].map(big);
    expect(cut(entries).map(([name]) => name)).toEqual(['opt', 'usr/lib/a', 'usr/lib/b', 'usr/share/doc']);
  });
});

describe('cuts', () => {
  const sized = (source: string, size: number, more: Partial<CutEntry> = {}) =>
    file(`usr/${source}`, { bytes: size * mebibyte, ...owner(source), ...more });

  test('up to two mebibytes are one segment, however many sources they have', () => {
    expect(cut(['a', 'b', 'c', 'd'].map((name) => sized(name, 0.5)))).toHaveLength(1);
  });

  test('a large source stands for itself, also beside tiny ones', () => {
    const entries = [sized('a', 0.01), sized('b', 9), sized('c', 0.01)];
    expect(cut(entries).map(([name]) => name)).toEqual(['a', 'b', 'c']);
  });

  test('programs and the rest of a large source are apart when both are large', () => {
    const part = (name: string, content: ContentClass, size: number) =>
      file(`usr/${name}`, { bytes: size * mebibyte, content, ...owner('big') });
    expect(cut([part('lib', 'elf', 2), part('doc', 'doc', 2)])).toHaveLength(2);
    expect(cut([part('lib', 'elf', 3), part('doc', 'doc', 0.5)])).toHaveLength(1);
  });

  test('above twelve mebibytes a source is cut by packages, then by paths', () => {
    const packages = ['p1', 'p2', 'p3', 'p4'].map((name) =>
      file(`usr/${name}`, { bytes: 5 * mebibyte, content: 'elf', ...owner('big', 0, name) }),
    );
    const sizes = cutSegments(packages).map(({ entries }) => entries.length * 5);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(12);
    const paths = Array.from({ length: 40 }, (_, at) =>
      file(`usr/f${at}`, { bytes: mebibyte, content: 'elf', ...owner('big') }),
    );
    expect(Math.max(...cutSegments(paths).map(({ entries }) => entries.length))).toBeLessThanOrEqual(12);
  });
});

describe('whatever the tree', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd-e', 'd');
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const owned = fc.option(
    fc.record({ layer: fc.nat(2), source: fc.constantFrom('s1', 's2', 's3'), package: fc.constantFrom('p1', 'p2') }),
    { nil: undefined },
  );
  const leaf = fc.record({
    path,
    bytes: fc.integer({ min: 512, max: 4 * mebibyte }),
    content: fc.constantFrom(...contentClasses.filter((kind) => kind !== 'links')),
    owner: owned,
    linked: fc.boolean(),
  });

  /** Files with all the directories above them; some are hard links to the file before. */
  const tree = fc.array(leaf, { maxLength: 40 }).map((leaves) => {
    const entries = new Map<string, CutEntry>([['', folder('')]]);
    let last: string | undefined;
    for (const { path: leafPath, owner: who, linked, ...rest } of leaves) {
      const place = `${leafPath}.f`;
      const parts = place.split('/').slice(0, -1);
      parts.forEach((_, at) => {
        const above = parts.slice(0, at + 1).join('/');
        if (!entries.has(above)) entries.set(above, folder(above, who === undefined ? {} : { owner: who }));
      });
      if (entries.has(place)) continue;
      const whose = who === undefined ? {} : { owner: who };
      if (linked && last !== undefined) {
        entries.set(place, file(place, { type: 'hardlink', content: 'links', target: last as BytePath, ...whose }));
      } else {
        entries.set(place, file(place, { ...rest, ...whose }));
        last = place;
      }
    }
    return [...entries.values()];
  });

  test('each entry is there once, directories before their content, links behind their targets', () => {
    fc.assert(
      fc.property(tree, (entries) => {
        const order = cutSegments(entries).flatMap((segment) => segment.entries);
        expect([...order].sort((a, b) => a - b)).toEqual(entries.map((_, at) => at));
        const at = new Map(order.map((position, place) => [entries[position]?.path, place]));
        for (const { path: own, target } of entries) {
          const place = at.get(own) ?? -1;
          if (target !== undefined) expect(at.get(target)).toBeLessThan(place);
          const above = own.includes('/') ? own.slice(0, own.lastIndexOf('/')) : '';
          if (own !== '') expect(at.get(above as BytePath)).toBeLessThan(place);
        }
      }),
    );
  });

  test('the order in which entries come in does not matter', () => {
    fc.assert(
      fc.property(tree, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (entries, numbers) => {
        const mixed = entries
          .map((entry) => ({ entry, key: numbers.next().value as number }))
          .sort((one, other) => one.key - other.key)
          .map(({ entry }) => entry);
        expect(cut(mixed)).toEqual(cut(entries));
      }),
    );
  });

  test('a source that changes, comes or goes leaves most segments as they are', () => {
    const sizes = fc.array(fc.integer({ min: 10_000, max: 3 * mebibyte }), { minLength: 60, maxLength: 60 });
    const treeOf = (list: readonly number[]) =>
      list.map((bytes, at) => file(`usr/f${at}`, { bytes, ...owner(`s${100 + at}`) }));
    const keys = (entries: readonly CutEntry[]) =>
      new Set(
        cutSegments(entries).map((segment) =>
          JSON.stringify(segment.entries.map((at) => [entries[at]?.path, entries[at]?.bytes])),
        ),
      );
    fc.assert(
      fc.property(sizes, fc.nat(59), fc.constantFrom('change', 'remove'), (list, at, how) => {
        const before = treeOf(list);
        const after = before.flatMap((entry, position) => {
          if (position !== at) return [entry];
          return how === 'remove' ? [] : [{ ...entry, bytes: Math.floor(entry.bytes * 1.1) }];
        });
        const there = keys(before);
        const fresh = [...keys(after)].filter((key) => !there.has(key));
        expect(fresh.length).toBeLessThanOrEqual(6);
      }),
      { numRuns: 50 },
    );
  });
});
