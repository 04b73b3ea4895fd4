import { execFileSync } from 'node:child_process';
import { linkSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ArchiveContents, judgeArchive } from '../../gate/archive-view.ts';
import { openRootView } from '../../gate/disk-view.ts';
import { checkRoot } from '../../gate/rules.ts';
import { lsetxattr } from '../../native/index.ts';
import { withImage } from './sample-image.ts';
import { host, type Root } from './sample-root.ts';

const judged = <Result>(change: (root: Root) => void, judge: (contents: ArchiveContents) => Promise<Result>) =>
  withImage({ root: change }, (directory, size) =>
    judgeArchive({ path: join(directory, 'rootfs.tar.xz'), size }, judge),
  );

const nothing = () => undefined;

test('the entries are those of the tree that was packed', async () => {
  let onDisk: string[] = [];
  const shown = (path: string, kind: string, mode: number, size: number) =>
    `${path} ${kind} ${mode.toString(8)} ${size}`;
  const inArchive = await judged(
    (root) => {
      const entries = openRootView(root.path).entries();
      onDisk = entries.map(({ path, kind, mode, size }) => shown(path, kind, mode, kind === 'file' ? size : 0));
    },
    async ({ root }) => root.entries().map(({ path, kind, mode, size }) => shown(path, kind, mode, size)),
  );
  // The archive has a folder for its device headers.
  expect(inArchive.filter((line) => !line.startsWith('dev ')).sort()).toEqual(onDisk.sort());
});

test('device nodes are headers, no part of the tree', async () => {
  const { names, entry } = await judged(nothing, async ({ root, devices }) => ({
    names: devices.map(({ name, kind }) => `${name} ${kind}`),
    entry: root.lstat('dev/null'),
  }));
  expect(names).toContain('./dev/null character');
  expect(entry).toBeUndefined();
});

test('a root passes or is refused there as on disk', async () => {
  const report = (change: (root: Root) => void) => judged(change, async ({ root }) => checkRoot(root, { host }));
  const clean = await report(nothing);
  expect(clean.rules.flatMap(({ findings }) => findings)).toEqual([]);
  const spoilt = await report((root) => {
    root.file('etc/shadow', 'guest::1::::::\n');
    root.file('home/guest/.ssh/authorized_keys', 'ssh-ed25519 AAAA x\n');
    root.file('etc/motd', 'x', 0o666);
    root.file('usr/bin/door', 'ELF', 0o4755);
    root.file('var/lib/dpkg/info/other.list', '/.\n');
  });
  expect(spoilt.rules.filter(({ findings }) => findings.length > 0).map(({ code }) => code)).toEqual([
    'usable-password',
    'authorized-key',
    'world-writable',
    'privileged-file',
  ]);
});

test('a file whose content was not kept is read in another pass', async () => {
  let passes = 0;
  const change = (root: Root) => {
    root.file('usr/share/real', 'guest::1::::::\n');
    root.link('etc/shadow', '/usr/share/real');
  };
  const { rules } = await judged(change, async ({ root }) => {
    passes += 1;
    return checkRoot(root, { host });
  });
  expect(rules.find(({ code }) => code === 'usable-password')?.findings).toEqual([
    { path: 'etc/shadow', message: 'guest needs no password' },
  ]);
  expect(passes).toBe(2);
});

test('a name of a file that has several is a file of its own', async () => {
  const change = (root: Root) => {
    root.file('usr/bin/su', 'ELF', 0o4755);
    linkSync(join(root.path, 'usr/bin/su'), join(root.path, 'usr/bin/zu'));
  };
  const [su, zu] = await judged(change, async ({ root }) => [root.lstat('usr/bin/su'), root.lstat('usr/bin/zu')]);
  expect(zu).toEqual({ ...su, path: 'usr/bin/zu' });
});

test('attributes come with their bytes', async () => {
  const change = (root: Root) => lsetxattr(`${root.path}/etc/hosts`, 'user.note', Buffer.from([0, 255]));
  const found = await judged(change, async ({ root }) => {
    const entry = root.lstat('etc/hosts');
    return entry && [root.xattrs(entry), root.xattr(entry, 'user.note'), root.xattr(entry, 'user.other')];
  });
  expect(found).toEqual([['user.note'], Buffer.from([0, 255]), undefined]);
});

test('reading is bounded', async () => {
  const change = (root: Root) => root.file('etc/big', 'x'.repeat(11));
  await judged(change, async ({ root }) => expect(() => root.readFile('etc/big', 10)).toThrow(RangeError));
});

describe('an archive', () => {
  /** GNU tar's archive of what a script leaves in a folder, as the members that it names. */
  const handMade = async (script: string, judge: (contents: ArchiveContents) => Promise<unknown>) => {
    const folder = mkdtempSync(join(tmpdir(), 'cooper-archive-'));
    try {
      execFileSync('/bin/sh', ['-ec', script], { cwd: folder });
      const size = statSync(join(folder, 'a.tar')).size;
      execFileSync('xz', ['-0', join(folder, 'a.tar')]);
      return await judgeArchive({ path: join(folder, 'a.tar.xz'), size }, judge);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('that does not name a folder has it all the same', async () => {
    const script = 'mkdir -p r/etc/ssh; : > r/etc/ssh/ssh_host_rsa_key; tar -C r -cf a.tar ./etc/ssh/ssh_host_rsa_key';
    const found = await handMade(script, async ({ root }) => [root.readdir('etc/ssh'), root.lstat('etc')?.kind]);
    expect(found).toEqual([['ssh_host_rsa_key'], 'directory']);
  });

  test.each([
    [
      'hides a file below a link',
      'mkdir r; ln -s etc r/a; tar -C r -cf a.tar ./a; rm r/a; mkdir r/a; : > r/a/b; tar -C r -rf a.tar ./a/b',
    ],
    [
      'hides a file below a file',
      'mkdir r; : > r/a; tar -C r -cf a.tar ./a; rm r/a; mkdir r/a; : > r/a/b; tar -C r -rf a.tar ./a/b',
    ],
    ['replaces a folder', 'mkdir -p r/a; tar -C r -cf a.tar ./a; rmdir r/a; ln -s etc r/a; tar -C r -rf a.tar ./a'],
  ])('that %s is refused', async (_, script) => {
    await expect(handMade(script, async () => 'judged')).rejects.toMatchObject({ code: 'archive-conflict' });
  });

  test('that climbs out is refused', async () => {
    const script = ': > x; mkdir r; tar -P -C r -cf a.tar ../x';
    await expect(handMade(script, async () => 'judged')).rejects.toMatchObject({ code: 'archive-escapes-root' });
  });

  const open = (directory: string, size: number) =>
    judgeArchive({ path: join(directory, 'rootfs.tar.xz'), size }, async () => 'judged');

  test('that holds more than its manifest says is refused', async () => {
    await withImage({}, async (directory, size) => {
      await expect(open(directory, size - 1)).rejects.toMatchObject({ code: 'archive-too-large' });
    });
  });

  test('that is cut short is refused', async () => {
    await withImage({}, async (directory, size) => {
      const file = join(directory, 'rootfs.tar.xz');
      truncateSync(file, statSync(file).size - 100);
      await expect(open(directory, size)).rejects.toMatchObject({ code: 'archive-corrupt' });
    });
  });
});
