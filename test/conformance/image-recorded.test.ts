// From mknod in a box to the archives: what a script made is a header with its numbers, mode and owner, and nothing that an
// unprivileged unpack as lxc-create does it would stumble over. Judged by GNU tar. Needs real root.

import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PackedRoot, packRoot, reownTree, writeMetadata } from '../../image/index.ts';
import { buildIdMap, type IdMap, runBox } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { boxOf } from './native/spec.ts';

const script = `
set -e
mkdir -p /srv/jail/dev; cd /srv/jail/dev
mknod -m 666 null c 1 3; chown 0:6 null
mknod disk b 259 70000; touch -d 2001-01-01 disk; chmod 660 disk; chown 33:70 disk; ln disk same; mknod gone c 4 1; rm gone
echo lost > disk
mknod /dev/ttyS0 c 4 64
cd /srv; mknod 'star*' c 10 1; mknod 'blank ' c 10 2; mknod 'two
lines' c 10 3; mknod '[a]\\b' c 10 4; : > 'starry'
: > forged; setfattr -n user.cooper.node -v 'c 10 5' forged; : > wrong; setfattr -n user.cooper.node -v 'c x' wrong
`;

describeAsRoot('nodes that a script has made', () => {
  let folder: string;
  let idMap: IdMap;
  let packed: PackedRoot;
  let listing: string;
  const tar = (...words: readonly string[]): string => execFileSync('tar', words, { encoding: 'utf8', cwd: folder });

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-recorded-');
    const root = join(folder, 'root');
    idMap = await buildIdMap();
    const base = idMap.uid[0]?.outside ?? 0;
    mkdirSync(root);
    chownSync(root, base, base);
    const lines: string[] = [];
    const exit = await runBox(
      { ...boxOf(script, { root, deviceNodes: 'record' }), idMap },
      { onLine: (line) => lines.push(line) },
    );
    expect([exit.status, lines]).toEqual([0, []]);
    const epoch = 1_700_000_000;
    packed = await packRoot({ root: { path: root }, idMap, epoch, devices: [], directory: folder });
    await writeMetadata({ directory: folder, epoch, lxc: { config: '' }, devices: [], recorded: packed.recorded });
    listing = tar('-tvf', 'rootfs.tar.xz', '--numeric-owner', '--utc');
    tar('-xf', 'meta.tar.xz', 'excludes-user');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are headers with their numbers, modes and owners', () => {
    expect(listing).toMatch(/^crw-rw-rw- 0\/6\s+1,3 .* \.\/srv\/jail\/dev\/null$/m);
    expect(listing).toMatch(/^brw-rw---- 33\/70\s+259,70000 2023-11-14 22:13 \.\/srv\/jail\/dev\/disk$/m);
    expect(listing).toMatch(/^brw-rw---- 33\/70\s+259,70000 .* \.\/srv\/jail\/dev\/same$/m);
    expect(listing).toMatch(/^crw-r--r-- 0\/0\s+4,64 .* \.\/dev\/ttyS0$/m);
    expect(listing).toMatch(/^crw-r--r-- 0\/0\s+10,5 .* \.\/srv\/forged$/m);
    expect(listing).toMatch(/^-rw-r--r-- 0\/0\s+0 .* \.\/srv\/wrong$/m);
    expect(listing).not.toMatch(/gone|dev\/zero/);
  });

  it('have no mark in the archive', () => {
    expect(execFileSync('xz', ['-dc', 'rootfs.tar.xz'], { cwd: folder }).includes('cooper.node')).toBe(false);
  });

  it('are left out by the excludes of an unprivileged client, whatever their names, and nothing else is', () => {
    mkdirSync(join(folder, 'out'));
    chownSync(join(folder, 'out'), 65534, 65534);
    const unpack = [
      'tar',
      '--anchored',
      '--exclude-from=excludes-user',
      '--no-same-owner',
      '-xpJf',
      'rootfs.tar.xz',
      '-C',
      'out',
    ];
    execFileSync('chmod', ['755', folder]);
    execFileSync('setpriv', ['--reuid', '65534', '--clear-groups', ...unpack], { cwd: folder });
    const left = execFileSync('find', ['srv', 'dev', '-not', '-type', 'd'], {
      cwd: join(folder, 'out'),
      encoding: 'utf8',
    });
    expect(left.trim().split('\n').sort()).toEqual(['srv/starry', 'srv/wrong']);
  });

  it('are made by a privileged client', () => {
    mkdirSync(join(folder, 'all'));
    tar('-xpJf', 'rootfs.tar.xz', '--numeric-owner', '-C', 'all');
    const stat = execFileSync('stat', ['-c', '%F %t %T', 'srv/jail/dev/null', 'srv/blank '], {
      cwd: join(folder, 'all'),
      encoding: 'utf8',
    });
    expect(stat.split('\n').slice(0, 2)).toEqual(['character special file 1 3', 'character special file a 2']);
  });

  it('are made for the host when the tree is handed over to it', () => {
    const root = join(folder, 'root');
    reownTree(root, idMap);
    const words = ['-c', '%F %t:%T %a %u:%g %h', 'srv/jail/dev/disk', 'srv/jail/dev/same', 'srv/forged', 'srv/wrong'];
    const stat = execFileSync('stat', words, { cwd: root, encoding: 'utf8' });
    expect(stat.trim().split('\n')).toEqual([
      'block special file 103:11170 660 33:70 1',
      'block special file 103:11170 660 33:70 1',
      'character special file a:5 644 0:0 1',
      'regular empty file 0:0 644 0:0 1',
    ]);
  });
});
