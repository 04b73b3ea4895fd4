import { describe, expect, test } from 'vitest';
import { recreateNodes } from '../../image/recorded-nodes.ts';
import type { TarEntry } from '../../image/tar/entry.ts';
import { bytePath } from '../../image/tree/byte-path.ts';
import { entryName, type TreeNode } from '../../image/tree/read.ts';

function node(path: string, more: Partial<TarEntry> = {}, mark?: string): TreeNode {
  const name = entryName(bytePath(path));
  const xattrs = new Map([['user.other', Buffer.from('x')]]);
  if (mark !== undefined) xattrs.set('user.cooper.node', Buffer.from(mark));
  const mtime = { seconds: 1, nanoseconds: 0 };
  const entry: TarEntry = {
    ...{ name, type: 'file', mode: 0o640, uid: 3, gid: 6, size: 0, mtime, linkName: Buffer.alloc(0), xattrs },
    ...more,
  };
  return { path: bytePath(path), source: name, entry };
}
const link = (path: string, to: string) =>
  node(path, { type: 'hardlink', linkName: entryName(bytePath(to)), xattrs: new Map() });
const made = (...nodes: TreeNode[]) => [...recreateNodes(nodes)];

describe('a marked file', () => {
  test('becomes the node, with its mode, owner and other attributes', () => {
    expect(made(node('disk', {}, 'b 8 1'))[0]).toMatchObject({
      recorded: true,
      entry: {
        type: 'block',
        device: { major: 8, minor: 1 },
        ...{ mode: 0o640, uid: 3, gid: 6, xattrs: new Map([['user.other', Buffer.from('x')]]) },
      },
    });
  });

  test('is a node under each of its names', () => {
    const [, second] = made(node('a', {}, 'c 4 1'), link('b', 'a'));
    expect(second).toMatchObject({ path: 'b', recorded: true, entry: { type: 'character', mode: 0o640 } });
    expect(second?.entry.name.toString()).toBe('./b');
    expect(second?.entry.linkName).toHaveLength(0);
  });

  test('loses what was written to it, as a node would', () => {
    expect(made(node('disk', { size: 7 }, 'b 8 1'))[0]?.entry.size).toBe(0);
  });

  test('with a mark that makes no sense is a file without it', () => {
    const [plain] = made(node('file', { size: 7 }, 'c 1'));
    expect(plain).toMatchObject({ recorded: false, entry: { type: 'file', size: 7 } });
    expect([...(plain?.entry.xattrs.keys() ?? [])]).toEqual(['user.other']);
  });
});

test('everything else passes as it is', () => {
  const nodes = [node('', { type: 'directory' }, 'c 1 3'), node('f'), link('g', 'f')];
  expect(made(...nodes).map(({ entry }) => entry.type)).toEqual(['directory', 'file', 'hardlink']);
});
