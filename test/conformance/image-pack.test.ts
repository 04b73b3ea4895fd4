// Packing through the worker in a user namespace, judged by GNU tar, xz and the kernel. Needs real root, because the
// tree has owners and capabilities of another user's namespace.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ImageDevice, type PackedRoot, packRoot } from '../../image/index.ts';
import { digestOf } from '../../keys/digest.ts';
import { buildIdMap, type IdMap, lgetxattr, lsetxattr, mkfifo, mknod } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const epoch = 1_700_000_000;
const consoleNode: ImageDevice = { path: 'dev/console', type: 'character', major: 5, minor: 1, mode: 0o600 };
// cap_net_raw+ep as vfs_cap_data of revision 2 and, with the root of its namespace, 3 (capabilities(7)).
const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const netRawOf = (root: number) => {
  const bytes = Buffer.concat([netRaw, Buffer.alloc(4)]);
  bytes.writeUInt32LE(0x03000001, 0);
  bytes.writeUInt32LE(root, 20);
  return bytes;
};

let folder: string;
let root: string;
let out: string;
let idMap: IdMap;
let base: number;
beforeAll(async () => {
  idMap = await buildIdMap();
  base = idMap.uid[0]?.outside ?? 0;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-pack-'));
  root = join(folder, 'root');
  out = join(folder, 'out');
  for (const path of [folder, root, out]) mkdirSync(path, { recursive: true });
  chownSync(root, base, base);
});
afterEach(() => rmSync(folder, { recursive: true }));

const own = (path: string, uid: number, gid: number) => {
  execFileSync('chown', ['-h', `${base + uid}:${base + gid}`, join(root, path)]);
};

function fillTree(): void {
  writeFileSync(join(root, 'ping'), 'program');
  own('ping', 0, 0);
  lsetxattr(join(root, 'ping'), 'security.capability', netRawOf(base));
  writeFileSync(join(root, 'su'), 'program');
  own('su', 0, 42);
  chmodSync(join(root, 'su'), 0o6755);
  linkSync(join(root, 'su'), join(root, 'su2'));
  mkdirSync(join(root, 'www'));
  own('www', 33, 33);
  chmodSync(join(root, 'www'), 0o2775);
  symlinkSync('../outside', join(root, 'www/link'));
  own('www/link', 65534, 65534);
  mkfifo(join(root, 'www/pipe'), 0o640);
  own('www/pipe', 1, 1);
  mknod(join(root, 'www/real-device'), 0o600, { type: 'character', major: 1, minor: 3 });
  writeFileSync(Buffer.concat([Buffer.from(`${root}/www/`), Buffer.from([0xff, 0x20])]), 'odd');
  writeFileSync(join(root, 'www/private'), 'only for its owner');
  own('www/private', 33, 33);
  chmodSync(join(root, 'www/private'), 0o600);
}

const pack = (more: { signal?: AbortSignal; onProgress?: () => void; directory?: string } = {}): Promise<PackedRoot> =>
  packRoot({ root: { path: root }, idMap, epoch, devices: [consoleNode], directory: out, ...more });

describeAsRoot('a root packed from inside its namespace', () => {
  it('has the owners, modes and capabilities that the namespace sees', async () => {
    fillTree();
    await pack();
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    execFileSync('tar', ['--numeric-owner', '--xattrs-include=*', '-xpJf', join(out, 'rootfs.tar.xz'), '-C', copy]);
    const seen = (path: string) => {
      const { uid, gid, mode } = lstatSync(join(copy, path));
      return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
    };
    expect(['.', 'su', 'www', 'www/pipe', 'www/private'].map(seen)).toEqual([
      '0:0 755',
      '0:42 6755',
      '33:33 2775',
      '1:1 640',
      '33:33 600',
    ]);
    expect(seen('www/link')).toMatch(/^65534:65534 /);
    expect(lgetxattr(join(copy, 'ping'), 'security.capability')).toEqual(netRaw);
    expect(lstatSync(join(copy, 'su')).ino).toBe(lstatSync(join(copy, 'su2')).ino);
    expect(readdirSync(join(copy, 'www'), 'latin1').sort()).toEqual(['link', 'pipe', 'private', '\xff ']);
    expect(lstatSync(join(copy, 'dev/console'))).toMatchObject({ rdev: 5 * 256 + 1 });
  });

  it('is one xz stream with CRC64, counted and hashed', async () => {
    fillTree();
    const packed = await pack();
    const file = join(out, 'rootfs.tar.xz');
    expect(packed.file).toEqual(digestOf(readFileSync(file)));
    expect(execFileSync('xz', ['--robot', '--list', file], { encoding: 'utf8' })).toContain('\tCRC64\t');
    const tar = execFileSync('xz', ['-dc', file]);
    expect({ size: packed.rootfs.size, sha256: packed.rootfs.sha256 }).toEqual(digestOf(tar));
    const names = execFileSync('tar', ['-t'], { input: tar, encoding: 'utf8' }).trim().split('\n');
    expect(packed.rootfs.entries).toBe(names.length);
  });

  it('has the same bytes when it is packed again', async () => {
    fillTree();
    const first = await pack();
    expect((await pack()).file).toEqual(first.file);
  });
});

describeAsRoot('packing that fails', () => {
  it('leaves nothing when it is interrupted', async () => {
    writeFileSync(join(root, 'big'), Buffer.alloc(30_000_000, 'big'));
    const stop = new AbortController();
    const reason = new Error('stopped');
    const packing = pack({ signal: stop.signal, onProgress: () => stop.abort(reason) });
    await expect(packing).rejects.toBe(reason);
    expect(readdirSync(out)).toEqual([]);
  });

  it('tells what the worker refused and leaves nothing', async () => {
    mkdirSync(join(root, 'dev/console'), { recursive: true });
    await expect(pack()).rejects.toMatchObject({ code: 'archive-conflict' });
    expect(readdirSync(out)).toEqual([]);
  });

  it('says so when the file system is full and leaves nothing', async () => {
    const noise = execFileSync('head', ['-c', '3000000', '/dev/urandom'], { maxBuffer: 2 ** 23 });
    writeFileSync(join(root, 'noise'), noise);
    const small = join(folder, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
    try {
      await expect(pack({ directory: small })).rejects.toMatchObject({ code: 'no-space' });
      expect(readdirSync(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});
