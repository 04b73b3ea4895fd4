import { describe, expect, it } from 'vitest';
import type { EntryOwner } from '../../../image/segment/entry.ts';
import type { LinkedNode } from '../../../image/segment/hard-links.ts';
import { settleTimes } from '../../../image/segment/times.ts';
import type { EntryType } from '../../../image/tar/entry.ts';
import type { BytePath } from '../../../image/tree/byte-path.ts';

const epoch = 1000;
const owned: EntryOwner = { layer: 0, source: 's', package: 'p' };
const node = (path: string, type: EntryType, seconds: number, owner?: EntryOwner, target = ''): LinkedNode => ({
  path: path as BytePath,
  entry: {
    name: Buffer.from(path),
    type,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: { seconds, nanoseconds: 5 },
    linkName: Buffer.from(target),
    xattrs: new Map(),
  },
  ...(owner === undefined ? {} : { owner }),
});
const times = (...nodes: LinkedNode[]) => settleTimes(nodes, epoch).map(({ entry }) => entry.mtime.seconds);

describe('the time', () => {
  it('of what the build has written for a package is that of its newest other file', () => {
    const records = node('info/p.list', 'file', 5000, owned);
    expect(times(records, node('a', 'file', 10, owned), node('b', 'file', 20, owned))).toEqual([20, 10, 20]);
  });

  it('is the epoch when the package has no older file, and of other packages nothing counts', () => {
    const other = { layer: 0, source: 's', package: 'q' };
    expect(times(node('a', 'file', 5000, owned), node('b', 'file', 20, other))).toEqual([epoch, 20]);
  });

  it('of the residue is clamped, of its links and of all directories it is the epoch', () => {
    const residue = [node('a', 'file', 5000), node('b', 'file', 20), node('l', 'symlink', 20)];
    expect(times(...residue, node('p', 'file', 20, owned))).toEqual([epoch, 20, epoch, 20]);
    expect(times(node('d', 'directory', 20, owned), node('l', 'symlink', 20, owned))).toEqual([epoch, 20]);
  });

  it('of links is their own where no package has anything', () => {
    expect(times(node('l', 'symlink', 20), node('m', 'symlink', 5000))).toEqual([20, epoch]);
  });

  it('of a hard link is that of its target', () => {
    expect(times(node('a', 'file', 20, owned), node('b', 'hardlink', 5000, undefined, 'a'))).toEqual([20, 20]);
  });

  it('has whole seconds', () => {
    expect(settleTimes([node('a', 'file', 20)], epoch)[0]?.entry.mtime).toEqual({ seconds: 20, nanoseconds: 0 });
  });
});
