// A device node anywhere in the tree: a header in rootfs.tar.xz, a line in excludes-user, nothing that an unprivileged
// unpack by GNU tar would stumble over. Needs real root, since the tree belongs to a user namespace.

import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ImageDevice, packRoot, writeMetadata } from '../../image/index.ts';
import { buildIdMap } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const devices: readonly ImageDevice[] = [
  { path: 'dev/null', type: 'character', major: 1, minor: 3, mode: 0o666 },
  { path: 'srv/jail/dev/urandom', type: 'character', major: 1, minor: 9, mode: 0o666 },
  { path: 'opt/disk', type: 'block', major: 7, minor: 0, mode: 0o660 },
];

describeAsRoot('devices anywhere', () => {
  let folder: string;
  const tar = (...words: readonly string[]): string => execFileSync('tar', words, { encoding: 'utf8', cwd: folder });

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-devices-');
    const root = join(folder, 'root');
    const idMap = await buildIdMap();
    const base = idMap.uid[0]?.outside ?? 0;
    for (const path of ['', 'dev', 'srv', 'srv/jail', 'srv/jail/dev', 'opt']) {
      mkdirSync(join(root, path));
      chownSync(join(root, path), base, base);
    }
    const epoch = 1_700_000_000;
    await packRoot({ root: { path: root }, idMap, epoch, devices, directory: folder });
    await writeMetadata({ directory: folder, epoch, lxc: { config: '' }, devices });
    mkdirSync(join(folder, 'out'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are headers with their numbers', () => {
    const listing = tar('-tvf', 'rootfs.tar.xz', '--numeric-owner');
    expect(listing).toMatch(/^crw-rw-rw- 0\/0\s+1,9 .* \.\/srv\/jail\/dev\/urandom$/m);
    expect(listing).toMatch(/^brw-rw---- 0\/0\s+7,0 .* \.\/opt\/disk$/m);
  });

  it('are left out by the excludes of an unprivileged client', () => {
    tar('-xf', 'meta.tar.xz', 'excludes-user');
    tar('--anchored', '--exclude-from=excludes-user', '-xpJf', 'rootfs.tar.xz', '-C', 'out');
    const left = execFileSync('find', [join(folder, 'out'), '-not', '-type', 'd'], { encoding: 'utf8' });
    expect(left).toBe('');
  });
});
