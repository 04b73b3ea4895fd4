// Archives of somebody else, made by GNU tar and by nobody's tool, unpacked as the root of an image begins.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { unpackArchive } from '../../builder/source/seed/unpack-archive.ts';
import { lgetxattr } from '../../native/sys.ts';

describe.skipIf(process.getuid?.() !== 0)('a seed (skipped without root: docs/limits.md, 1)', () => {
  const folder = mkdtempSync('/var/tmp/cooper-seed-');
  const root = join(folder, 'root');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
  });

  const packed = (name: string, make: (tree: string) => void, ...words: string[]): string => {
    const tree = join(folder, `${name}-tree`);
    mkdirSync(tree);
    make(tree);
    const archive = join(folder, name);
    execFileSync('tar', ['-C', tree, '-caf', archive, ...words, '.']);
    return archive;
  };

  test('comes with its owners, modes and links; nodes are marked, and none is taken in /dev', async () => {
    const archive = packed('nodes.tar.gz', (tree) => {
      mkdirSync(join(tree, 'dev'));
      mkdirSync(join(tree, 'srv'));
      for (const name of ['dev/null', 'srv/null'])
        execFileSync('mknod', ['-m', '0640', join(tree, name), 'c', '1', '3']);
      writeFileSync(join(tree, 'srv/su'), '');
      execFileSync('chown', ['12:34', join(tree, 'srv/su')]);
      chmodSync(join(tree, 'srv/su'), 0o4755);
    });
    await unpackArchive(archive, root, false);
    expect(readdirSync(join(root, 'dev'))).toEqual([]);
    const node = statSync(join(root, 'srv/null'));
    expect([node.isFile(), node.size, node.mode & 0o7777]).toEqual([true, 0, 0o640]);
    expect(lgetxattr(Buffer.from(join(root, 'srv/null')), 'user.cooper.node').toString()).toBe('c 1 3');
    const { uid, gid, mode } = statSync(join(root, 'srv/su'));
    expect([uid, gid, mode & 0o7777]).toEqual([12, 34, 0o4755]);
  });

  test.each([
    ['a name with dots', ['--absolute-names', '--transform', 's,^./a,../a,'], /archive-escapes-root/],
    ['an absolute name', ['--absolute-names', '--transform', 's,^./a,/tmp/cooper-a,'], /archive-escapes-root/],
  ])('%s is refused', async (_what, words, code) => {
    const name = `${words.length}${code.source}${words[2]?.length}.tar`;
    const archive = packed(name, (tree) => writeFileSync(join(tree, 'a'), 'a'), ...words);
    await expect(unpackArchive(archive, root, false)).rejects.toMatchObject({ code: expect.stringMatching(code) });
  });

  test('a bomb is refused', async () => {
    const archive = join(folder, 'bomb.tar.gz');
    execFileSync('truncate', ['-s', '20M', join(folder, 'zeros')]);
    execFileSync('tar', ['-C', folder, '-czf', archive, 'zeros']);
    const { size } = statSync(archive);
    const unpacking = unpackArchive(archive, root, false, 100 * size);
    await expect(unpacking).rejects.toMatchObject({ code: 'archive-too-large' });
  });

  test.each([
    ['half of an archive', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ['a page to log in', () => Buffer.from('<html><body>Log in</body></html>')],
    ['nothing', () => Buffer.alloc(0)],
  ])('%s is refused', async (what, change) => {
    const whole = packed(`${what.length}.tar`, (tree) => writeFileSync(join(tree, 'file'), 'x'.repeat(50_000)));
    const archive = join(folder, `cut-${what.length}`);
    writeFileSync(archive, change(execFileSync('cat', [whole], { maxBuffer: 1 << 26 })));
    await expect(unpackArchive(archive, root, false)).rejects.toMatchObject({ code: 'archive-corrupt' });
  });
});
