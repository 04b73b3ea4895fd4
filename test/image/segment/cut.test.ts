import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutSegments } from '../../../image/segment/cut.ts';
import { type CutEntry, contentClasses } from '../../../image/segment/entry.ts';
import { type BytePath, splitPath } from '../../../image/tree/byte-path.ts';
import { anyTree, mebibyte, withDirectories } from './trees.ts';

const residues = [{ name: 'state of packages', prefixes: ['state/'] }];
const pathsOf = (entries: readonly CutEntry[]) =>
  cutSegments(entries, residues).map((segment) => ({
    ...segment,
    entries: segment.entries.map((at) => entries[at]?.path),
  }));
const namesOf = (entries: readonly CutEntry[]) => cutSegments(entries, residues).map(({ name }) => name);
const sizesOf = (entries: readonly CutEntry[]) =>
  cutSegments(entries).map(
    (segment) => segment.entries.reduce((sum, at) => sum + (entries[at]?.bytes ?? 0), 0) / mebibyte,
  );
const file = (path: string, size: number, source?: string, layer = 0): CutEntry => ({
  path: path as BytePath,
  type: 'file',
  bytes: Math.round(size * 2048) * 512,
  content: 'elf',
  ...(source === undefined ? {} : { owner: { layer, source, package: source } }),
});

describe('the cut of any tree', () => {
  it('is the same whatever the order of what comes in', () => {
    const shuffled = anyTree.chain((entries) =>
      fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
    );
    fc.assert(
      fc.property(shuffled, ([entries, other]) => {
        expect(pathsOf(other)).toEqual(pathsOf(entries));
      }),
    );
  });

  it('has every entry once, and no segment without any', () => {
    fc.assert(
      fc.property(anyTree, (entries) => {
        const segments = cutSegments(entries, residues);
        const all = segments.flatMap((segment) => segment.entries);
        expect(all.sort((a, b) => a - b)).toEqual(entries.map((_, at) => at));
        for (const segment of segments) expect(segment.entries.length).toBeGreaterThan(0);
      }),
    );
  });

  it('has directories before what is in them', () => {
    fc.assert(
      fc.property(anyTree, (entries) => {
        const seen = new Set<string>();
        for (const path of pathsOf(entries).flatMap((segment) => segment.entries as BytePath[])) {
          if (path !== '') expect(seen).toContain(splitPath(path).parent);
          seen.add(path);
        }
      }),
    );
  });

  it('keeps the limits: 2 MiB of several sources or of a prefix, 24 MiB of one source, more of one file alone', () => {
    fc.assert(
      fc.property(anyTree, (entries) => {
        for (const { entries: positions } of cutSegments(entries, residues)) {
          const bytes = positions.reduce((sum, at) => sum + (entries[at]?.bytes ?? 0), 0);
          const sources = new Set(positions.map((at) => entries[at]?.owner?.source));
          const known = sources.size === 1 && !sources.has(undefined);
          if (positions.length > 1) expect(bytes).toBeLessThanOrEqual((known ? 24 : 2) * mebibyte);
        }
      }),
    );
  });

  it('has layers in their order, of each its directories and then its files, and the residue behind all', () => {
    fc.assert(
      fc.property(anyTree, (entries) => {
        const segments = cutSegments(entries, residues);
        const places = segments.map(({ layer, entries: [first] }) => {
          return layer * 2 + (entries[first ?? -1]?.type === 'directory' ? 0 : 1);
        });
        expect(places).toEqual([...places].sort((a, b) => a - b));
        for (const { entries: positions } of segments) {
          expect(new Set(positions.map((at) => entries[at]?.type === 'directory')).size).toBe(1);
        }
      }),
    );
  });
});

describe('a cut', () => {
  it('leaves an interval of 2 MiB whole, also of many sources', () => {
    expect(namesOf(['a', 'b', 'c', 'd'].map((source) => file(source, 0.5, source)))).toEqual(['a … d (4)']);
  });

  it('is where the name before it has the smallest hash', () => {
    // SHA-256 of c begins with 2e, of b with 3e, of a with ca.
    expect(namesOf(['a', 'b', 'c', 'd'].map((source) => file(source, 0.6, source)))).toEqual(['a … c (3)', 'd']);
  });

  it('leaves a quarter of a MiB on both sides', () => {
    // Behind b, whose hash is smaller, there is less.
    expect(namesOf([file('a', 1, 'a'), file('b', 1, 'b'), file('c', 0.2, 'c')])).toEqual(['a', 'b, c']);
  });

  it('sets a large source apart from little ones beside it, and nothing else', () => {
    const entries = [file('a', 0.1, 'a'), file('m1', 9, 'm'), file('m2', 9, 'm'), file('z', 0.1, 'z')];
    expect(namesOf(entries)).toEqual(['a', 'm', 'z']);
  });

  it('inside one source is where more than 24 MiB would stand together', () => {
    const files = (count: number) => Array.from({ length: count }, (_, at) => file(`f${at}`, 1, 's'));
    expect(sizesOf(files(24))).toEqual([24]);
    expect(Math.min(...sizesOf(files(100)))).toBeGreaterThanOrEqual(6);
    expect(sizesOf(files(100)).length).toBeGreaterThan(4);
  });

  it('sets an entry that is too large apart', () => {
    expect(sizesOf([file('a', 1, 's'), file('m', 100, 's'), file('z', 1, 's')])).toEqual([1, 100, 1]);
  });

  it('of a later layer leaves the segments of the layers below as they are', () => {
    const packages = (layer: number, ...names: string[]) =>
      names.flatMap((name) => [file(`usr-${name}`, 1.5, name, layer), file(`opt-${name}`, 0.3, name, layer)]);
    const below = packages(0, 'a', 'c', 'e');
    expect(pathsOf([...below, ...packages(1, 'b', 'd')])).toEqual(expect.arrayContaining(pathsOf(below)));
  });

  it('refuses a path that comes twice', () => {
    expect(() => cutSegments([file('a', 1), ...withDirectories(file('a', 1))])).toThrow(RangeError);
  });
});

describe('what no package has', () => {
  it('stands last: its directories, the listed, the rest', () => {
    const entries = [file('state/x', 0.1), file('b/x', 0.1), file('z/x', 0.1, 'z')].flatMap(withDirectories);
    const unique = [...new Map(entries.map((entry) => [entry.path, entry])).values()];
    expect(pathsOf(unique).map(({ name, layer, entries: paths }) => [name, layer, ...paths])).toEqual([
      ['directories', 0, '', 'z'],
      ['z', 0, 'z/x'],
      ['directories of no package', 1, 'b', 'state'],
      ['state of packages', 1, 'state/x'],
      ['what no package has', 1, 'b/x'],
    ]);
  });

  it('is cut by the first directories of its paths', () => {
    const entries = ['etc/x', 'opt/x', 'usr/x'].map((path) => file(path, 1.5));
    expect(namesOf(entries)).toEqual(['/etc', '/opt', '/usr']);
    expect(namesOf([...entries, file('a', 1, 'a')])).toEqual(['a', ...Array(3).fill('what no package has')]);
  });

  it('has the catalogues of one program together', () => {
    const paths = ['de/a.mo', 'de/b.mo', 'fr/a.mo', 'fr/b.mo'].map((path) => `usr/share/locale/${path}`);
    expect(namesOf(paths.map((path) => file(path, 1)))).toEqual(['*/a.mo', '*/b.mo']);
  });

  it('leaves a directory to the first layer that has something in it', () => {
    const directory = { path: 'usr' as BytePath, type: 'directory', bytes: 512, content: 'links' } as const;
    const found = cutSegments([directory, file('usr/x', 0.1, 'a', 1)]);
    expect(found.map(({ name, layer }) => [name, layer])).toEqual([
      ['directories', 1],
      ['a', 1],
    ]);
  });
});

describe('a segment', () => {
  it('has like content together, links last', () => {
    const contents = [...contentClasses].reverse();
    const entries = contents.map((content) => ({ ...file(content, 0.01, 's'), content }));
    expect(pathsOf(entries).map((segment) => segment.entries)).toEqual([contentClasses]);
  });
});
