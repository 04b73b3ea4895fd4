// Layers upon others: what is in the way gives way, whiteouts take what lies below and nothing of their own layer. Attacks lead nowhere.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TarReader } from '../../../image/tar/reader.ts';
import { removeTree } from '../../../image/tree/remove.ts';
import { TreeWriter } from '../../../image/tree/write.ts';
import { llistxattr } from '../../../native/sys.ts';
import { archiveOf, file, link, type Member, member } from '../tar/archive.ts';

const me = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;

let folder: string;
let root: string;
let outside: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-layers-'));
  root = join(folder, 'root');
  outside = join(folder, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'untouched');
});
afterEach(() => {
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(readdirSync(folder).sort()).toEqual(['outside', 'root']);
  removeTree(folder);
});

/** A removal among the members of a layer. */
interface Removal {
  readonly removes: string;
  readonly what: 'itself' | 'content';
}
const gone = (removes: string): Removal => ({ removes, what: 'itself' });
const emptied = (removes: string): Removal => ({ removes, what: 'content' });
const directory = (name: string, mode = 0o755) => member(name, 'directory', { mode });

function apply(layer: readonly (Member | Removal)[], to = root): void {
  const writer = new TreeWriter(to, { parents: 'as-layer', devices: 'skip', mapOwner: () => me });
  try {
    for (const each of layer) {
      if ('removes' in each) {
        writer.removeLower(Buffer.from(each.removes), each.what);
        continue;
      }
      const reader = new TarReader(writer);
      reader.write(archiveOf([each]));
      reader.finish();
    }
    writer.finish();
  } finally {
    writer.close();
  }
}

function listing(at = root, below = ''): string[] {
  const lines = readdirSync(join(at, below)).flatMap((name) => {
    const path = join(below, name);
    const status = lstatSync(join(at, path));
    if (status.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(at, path))}`];
    return status.isDirectory()
      ? [`${path}/`, ...listing(at, path)]
      : [`${path}: ${readFileSync(join(at, path), 'utf8')}`];
  });
  return lines.sort();
}

const code = (name: string) => expect.objectContaining({ code: name });

describe('what is in the way', () => {
  it('of a file, link or directory of another kind is replaced, with all that is in it', () => {
    apply([
      directory('a'),
      directory('a/below'),
      file('a/below/x', '1'),
      file('b', '1'),
      link('c', 'symlink', 'a'),
      directory('d'),
      file('d/x', '1'),
      directory('e'),
      file('e/x', '1'),
    ]);
    apply([
      file('a', '2'),
      directory('b'),
      directory('c'),
      file('c/x', '2'),
      link('d', 'symlink', 'b'),
      link('e', 'hardlink', 'a'),
    ]);
    expect(listing()).toEqual(['a: 2', 'b/', 'c/', 'c/x: 2', 'd -> b', 'e: 2']);
  });

  it('of the same layer too, whose directory gets nothing more', () => {
    apply([directory('a', 0o700), file('a/x', '1'), file('a', '2')]);
    apply([directory('b'), file('b', '1'), directory('b', 0o711)]);
    expect(listing()).toEqual(['a: 2', 'b/']);
    expect(statSync(join(root, 'b')).mode & 0o777).toBe(0o711);
  });

  it('of a directory is joined with it when it is one, and has what the entry says alone', () => {
    apply([
      member('a', 'directory', { mode: 0o700, xattrs: new Map([['user.of', Buffer.from('below')]]) }),
      file('a/x', '1'),
    ]);
    apply([directory('a', 0o711), file('a/y', '2')]);
    expect(listing()).toEqual(['a/', 'a/x: 1', 'a/y: 2']);
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o711);
    expect(llistxattr(join(root, 'a'))).toEqual([]);
  });

  it('of one name of a file leaves its other names', () => {
    apply([file('a', '1'), link('b', 'hardlink', 'a')]);
    apply([file('a', '2')]);
    expect(listing()).toEqual(['a: 2', 'b: 1']);
  });

  it('of the parent of an entry is refused when it is no directory', () => {
    apply([file('a', '1')]);
    expect(() => apply([file('a/x', '2')])).toThrow(code('archive-conflict'));
  });
});

describe('a parent that is a link', () => {
  it('is followed as in a chroot', () => {
    apply([directory('usr'), directory('usr/lib'), link('lib', 'symlink', '/usr/lib')]);
    apply([file('lib/x', '1')]);
    expect(listing()).toEqual(['lib -> /usr/lib', 'usr/', 'usr/lib/', 'usr/lib/x: 1']);
  });

  it('that leads to nothing has its folder made, inside', () => {
    apply([directory('var'), link('var/run', 'symlink', '/run')]);
    apply([file('var/run/x', '1')]);
    expect(listing()).toEqual(['run/', 'run/x: 1', 'var/', 'var/run -> /run']);
  });

  it('in a circle is refused', () => {
    apply([link('l', 'symlink', 'm'), link('m', 'symlink', 'l')]);
    expect(() => apply([file('l/x', '1')])).toThrow(code('archive-conflict'));
  });

  it.each([
    ['absolute', (place: string) => place],
    ['climbing', () => '../outside'],
  ])('to the outside, %s, stays inside', (_, target) => {
    apply([link('l', 'symlink', target(outside))]);
    apply([file('l/secret', 'mine')]);
    const inside = target(outside).replace('..', '');
    expect(readFileSync(join(root, inside, 'secret'), 'utf8')).toBe('mine');
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('untouched');
  });
});

describe('a hard link', () => {
  it('goes to files, and to links, of lower layers', () => {
    apply([file('a', '1'), link('l', 'symlink', 'a')]);
    apply([link('b', 'hardlink', './a'), link('m', 'hardlink', 'l')]);
    expect(listing()).toEqual(['a: 1', 'b: 1', 'l -> a', 'm -> a']);
    expect(statSync(join(root, 'b')).ino).toBe(statSync(join(root, 'a')).ino);
  });

  it.each([
    ['what was removed', [gone('a'), link('b', 'hardlink', 'a')]],
    ['what it would replace', [directory('d'), file('d/x', '1'), link('d', 'hardlink', 'd/x')]],
    ['itself', [link('a', 'hardlink', 'a')]],
  ])('to %s is refused', (_, layer) => {
    apply([file('a', '1')]);
    expect(() => apply(layer)).toThrow(code('archive-corrupt'));
  });
});

describe('a removal', () => {
  it('takes what lower layers have, whatever it is', () => {
    apply([
      directory('d'),
      directory('d/e'),
      file('d/e/x', '1'),
      file('f', '1'),
      link('l', 'symlink', 'd'),
      file('k', '1'),
    ]);
    apply([gone('d/e'), gone('f'), gone('l')]);
    expect(listing()).toEqual(['d/', 'k: 1']);
  });

  it('of the content leaves the directory', () => {
    apply([directory('d', 0o711), directory('d/e'), file('d/e/x', '1'), file('d/y', '1'), file('k', '1')]);
    apply([emptied('d/')]);
    expect(listing()).toEqual(['d/', 'k: 1']);
    expect(statSync(join(root, 'd')).mode & 0o777).toBe(0o711);
    apply([emptied('.')]);
    expect(listing()).toEqual([]);
  });

  it.each([
    ['before', (placed: readonly Member[], removed: Removal) => [removed, ...placed]],
    ['after', (placed: readonly Member[], removed: Removal) => [...placed, removed]],
  ])('leaves what its own layer brings %s it', (_, order) => {
    apply([directory('d'), file('d/old', '1'), file('d/x', '1'), directory('d/e'), file('d/e/old', '1')]);
    apply(order([directory('d'), file('d/x', '2'), file('d/e/new', '2')], emptied('d')));
    expect(listing()).toEqual(['d/', 'd/e/', 'd/e/new: 2', 'd/x: 2']);
    apply(order([file('d/x', '3')], gone('d/x')));
    apply(order([directory('d/e'), file('d/e/last', '3')], gone('d/e')));
    expect(listing()).toEqual(['d/', 'd/e/', 'd/e/last: 3', 'd/x: 3']);
  });

  it('finds its folder through links inside, and removes a link itself', () => {
    apply([directory('a'), file('a/x', '1'), link('l', 'symlink', '/a'), link('a/m', 'symlink', outside)]);
    apply([gone('l/x'), gone('l/m')]);
    expect(listing()).toEqual(['a/', 'l -> /a']);
  });

  it('through a link to the outside finds nothing', () => {
    symlinkSync(outside, join(root, 'l'));
    symlinkSync('../outside', join(root, 'm'));
    apply([gone('l/secret'), gone('m/secret'), emptied('l'), emptied('m')]);
    expect(existsSync(join(outside, 'secret'))).toBe(true);
  });

  it.each(['../outside/secret', 'a/../../outside/secret', '/etc'])('of %s is refused', (name) => {
    expect(() => apply([gone(name)])).toThrow(code('archive-escapes-root'));
    expect(() => apply([emptied(name)])).toThrow(code('archive-escapes-root'));
  });

  it('of the root itself is refused', () => {
    expect(() => apply([gone('.')])).toThrow(code('archive-conflict'));
  });

  it('where nothing is makes nothing', () => {
    apply([file('f', '1')]);
    apply([gone('a/b'), emptied('a/b'), gone('f/x'), emptied('f'), gone('none')]);
    expect(listing()).toEqual(['f: 1']);
  });

  it('knows that a link it has gone through before is gone', () => {
    apply([directory('a'), directory('b'), link('l', 'symlink', 'a')]);
    apply([file('l/x', '2'), gone('l'), link('l', 'symlink', 'b'), file('l/y', '2')]);
    expect(listing()).toEqual(['a/', 'a/x: 2', 'b/', 'b/y: 2', 'l -> b']);
  });

  it('gives the same tree wherever it stands among the entries of its layer', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const removal = fc.record({ removes: path, what: fc.constantFrom('itself' as const, 'content' as const) });
    const lower = fc.uniqueArray(path, { minLength: 4, maxLength: 10, comparator: 'IsStrictlyEqual' });
    const layers = fc.record({
      lower,
      upper: fc.uniqueArray(path, { maxLength: 5 }),
      removals: fc.array(fc.tuple(removal, fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 }),
    });
    const checked = fc.property(layers, ({ lower, upper, removals }) => {
      const made = (order: 1 | 2) => {
        const at = mkdtempSync(join(root, 'tree-'));
        apply(treeOf(lower, '1'), at);
        const layer: (Member | Removal)[] = treeOf(upper, '2');
        for (const [each, ...places] of removals) layer.splice((places[order - 1] ?? 0) % (layer.length + 1), 0, each);
        apply(layer, at);
        const made = listing(at);
        removeTree(at);
        return made;
      };
      expect(made(1)).toEqual(made(2));
    });
    fc.assert(checked, { numRuns: 40 });
  });
});

/** Directories for what has something below it, files for the rest. */
function treeOf(paths: readonly string[], content: string): Member[] {
  const all = new Set(
    paths.flatMap((path) => path.split('/').map((_, depth, names) => names.slice(0, depth + 1).join('/'))),
  );
  const sorted = [...all].sort();
  return sorted.map((path) =>
    sorted.some((other) => other.startsWith(`${path}/`)) ? directory(path) : file(path, content),
  );
}
