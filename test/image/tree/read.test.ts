import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTree } from '../../../image/tree/read.ts';
import { lsetxattr } from '../../../native/sys.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cooper-read-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const names = () => [...readTree(root)].map(({ entry }) => entry.name.toString('latin1'));
const entryOf = (path: string) => [...readTree(root)].find((node) => node.path === path)?.entry;

describe('a tree', () => {
  it('is walked by the bytes of names, directories before their content', () => {
    for (const name of ['b', 'a-b', 'a/z', 'a/B', 'Z', 'é', '\u{1f600}']) {
      if (name.includes('/')) mkdirSync(join(root, 'a'), { recursive: true });
      writeFileSync(join(root, name), '');
    }
    const bytes = (text: string) => Buffer.from(text).toString('latin1');
    const order = ['.', './Z', './a', './a/B', './a/z', './a-b', './b', './é', './\u{1f600}'];
    expect(names()).toEqual(order.map(bytes));
  });

  it('has the first name of a file as file and the others as hard links to it', () => {
    writeFileSync(join(root, 'second'), 'x');
    linkSync(join(root, 'second'), join(root, 'first'));
    expect(entryOf('first')).toMatchObject({ type: 'file', size: 1 });
    expect(entryOf('second')).toMatchObject({ type: 'hardlink', size: 0, linkName: Buffer.from('./first') });
  });

  it('has linked symlinks as symlinks', () => {
    symlinkSync('target', join(root, 'one'));
    linkSync(join(root, 'one'), join(root, 'two'));
    expect(entryOf('two')).toMatchObject({ type: 'symlink', linkName: Buffer.from('target') });
  });

  it('is walked without following symlinks', () => {
    symlinkSync('/usr', join(root, 'usr'));
    expect(names()).toEqual(['.', './usr']);
  });

  it('has times to the nanosecond, also before 1970', () => {
    writeFileSync(join(root, 'f'), '');
    execFileSync('touch', ['-d', '@-1.5', join(root, 'f')]);
    expect(entryOf('f')?.mtime).toEqual({ seconds: -2, nanoseconds: 500_000_000 });
    utimesSync(join(root, 'f'), 5, 5);
    expect(entryOf('f')?.mtime).toEqual({ seconds: 5, nanoseconds: 0 });
  });

  it('has attributes of files but no marks of overlayfs', () => {
    writeFileSync(join(root, 'f'), '');
    lsetxattr(join(root, 'f'), 'user.z', Buffer.from([0, 1]));
    lsetxattr(join(root, 'f'), 'user.overlay.impure', Buffer.from('y'));
    expect([...(entryOf('f')?.xattrs ?? [])]).toEqual([['user.z', Buffer.from([0, 1])]]);
  });
});
