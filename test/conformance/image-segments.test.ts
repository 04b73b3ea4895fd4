// The segment table of a packed root against what xz says of the file; the cache of blocks, which changes the work and never
// the bytes. Needs real root.

import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BlockCache, type Owner, type PackedRoot, packRoot } from '../../image/index.ts';
import { digestOf } from '../../keys/digest.ts';
import { buildIdMap, type IdMap } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const packages = ['alpha', 'beta', 'gamma', 'delta'];
let folder: string;
let idMap: IdMap;
let owners: Owner[];

beforeEach(async () => {
  folder = mkdtempSync('/var/tmp/cooper-segments-');
  idMap = await buildIdMap();
  mkdirSync(join(folder, 'root/usr/lib'), { recursive: true });
  mkdirSync(join(folder, 'out'));
  // Large enough to stand for themselves.
  for (const name of packages) writeFileSync(join(folder, 'root/usr/lib', name), Buffer.alloc(2_200_000, `${name}\n`));
  writeFileSync(join(folder, 'root/state'), 'changes with every build');
  for (const path of [
    'root',
    'root/usr',
    'root/usr/lib',
    'root/state',
    ...packages.map((name) => `root/usr/lib/${name}`),
  ]) {
    chownSync(join(folder, path), idMap.uid[0]?.outside ?? 0, idMap.gid[0]?.outside ?? 0);
  }
  owners = packages.map((name) => ({
    layer: 0,
    source: name,
    package: name,
    paths: ['usr', 'usr/lib', `usr/lib/${name}`],
  }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'out/rootfs.tar.xz');
const cache = () => new BlockCache(join(folder, 'blocks'));

function pack(
  more: { readonly cache?: BlockCache; readonly filter?: 'x86'; readonly zstd?: number } = {},
): Promise<PackedRoot> {
  const root = { path: join(folder, 'root') };
  return packRoot({ root, idMap, epoch: 1_700_000_000, devices: [], owners, directory: join(folder, 'out'), ...more });
}

const blocksOf = ({ rootfs }: PackedRoot) => rootfs.segments.map(({ block }) => block.sha256);

describeAsRoot('segments of a packed root', () => {
  it('are the blocks that xz finds, and the pieces of the tar', async () => {
    const { segments } = (await pack()).rootfs;
    expect(segments.map(({ name }) => name)).toEqual(['directories', ...[...packages].sort(), 'what no package has']);
    const listed = execFileSync('xz', ['--robot', '-lvv', file()], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.startsWith('block\t'))
      .map((line) => line.split('\t'));
    expect(segments.map(({ block, size }) => [block.offset, block.size, size])).toEqual(
      listed.map((fields) => [Number(fields[4]), Number(fields[6]), Number(fields[7])]),
    );
    // xz -lvv knows the sizes from the headers of the blocks.
    expect(listed.every((fields) => fields[12] === 'cu')).toBe(true);
    const [archive, tar] = [readFileSync(file()), execFileSync('xz', ['-dc', '-T2', file()], { maxBuffer: 2 ** 30 })];
    let at = 0;
    for (const { size, sha256, block } of segments) {
      expect(digestOf(tar.subarray(at, at + size)).sha256).toBe(sha256);
      const bytes = archive.subarray(block.offset, block.offset + block.size);
      expect(digestOf(bytes).sha256).toBe(block.sha256);
      at += size;
    }
    expect(at).toBe(tar.length);
  });

  it('come out of the cache when they have not changed, and make the same file', async () => {
    const first = await pack({ cache: cache() });
    expect(first.reused).toBe(0);
    const second = await pack({ cache: cache() });
    expect(second.reused).toBe(second.rootfs.segments.length);
    expect(second.file).toEqual(first.file);
    expect((await pack()).file).toEqual(first.file);
  });

  it('change where something has changed, and nowhere else', async () => {
    const before = await pack({ cache: cache() });
    writeFileSync(join(folder, 'root/usr/lib/gamma'), Buffer.alloc(2_300_000, 'a new version\n'));
    const after = await pack({ cache: cache() });
    const fresh = blocksOf(after).filter((block) => !blocksOf(before).includes(block));
    expect(fresh).toHaveLength(1);
    expect(after.reused).toBe(after.rootfs.segments.length - 1);
  });

  it('are made anew when the cache is damaged', async () => {
    const first = await pack({ cache: cache() });
    for (const name of readdirSync(join(folder, 'blocks'), { recursive: true, encoding: 'utf8' })) {
      if (/[0-9a-f]{64}$/.test(name)) writeFileSync(join(folder, 'blocks', name), 'nonsense');
    }
    const second = await pack({ cache: cache() });
    expect([second.reused, second.file]).toEqual([0, first.file]);
  });

  it('lie in rootfs.tar.zst as well where that is wanted, whatever the cache has', async () => {
    const zst = join(folder, 'out/rootfs.tar.zst');
    const plain = await pack({ cache: cache() });
    expect(existsSync(zst)).toBe(false);
    const { file: archive, rootfs, reused } = await pack({ cache: cache(), zstd: 19 });
    expect([archive, reused]).toEqual([plain.file, 0]);
    const bytes = readFileSync(zst);
    const tar = execFileSync('zstd', ['-dc', zst], { maxBuffer: 2 ** 30 });
    expect(digestOf(tar)).toEqual({ size: rootfs.size, sha256: rootfs.sha256 });
    let at = 0;
    for (const { size, frame } of rootfs.segments) {
      const own = bytes.subarray(frame?.offset, (frame?.offset ?? 0) + (frame?.size ?? 0));
      expect(digestOf(own).sha256).toBe(frame?.sha256);
      const data = execFileSync('zstd', ['-dc'], { input: own, maxBuffer: 2 ** 30 });
      expect(data.equals(tar.subarray(at, at + size))).toBe(true);
      at += size;
    }
    execFileSync('zstd', ['-t', '-q', zst]);
    const names = execFileSync('tar', ['--zstd', '-tf', zst]);
    expect(names.equals(execFileSync('tar', ['-tf', file()]))).toBe(true);
    expect(execFileSync('bsdtar', ['-tf', zst]).equals(names)).toBe(true);
    const again = await pack({ cache: cache(), zstd: 19 });
    expect(again.reused).toBe(rootfs.segments.length);
    expect(readFileSync(zst).equals(bytes)).toBe(true);
    await pack({ zstd: 19 });
    expect(readFileSync(zst).equals(bytes)).toBe(true);
  });

  it('with programs in them have the filter for programs when it is wanted', async () => {
    writeFileSync(
      join(folder, 'root/usr/lib/alpha'),
      Buffer.concat([readFileSync(process.execPath).subarray(0, 2_500_000)]),
    );
    await pack({ filter: 'x86', cache: cache() });
    const filters = execFileSync('xz', ['--robot', '-lvv', file()], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.startsWith('block\t'))
      .map((line) => line.split('\t')[15]?.split(' ')[0]);
    expect(filters.filter((name) => name?.startsWith('--x86'))).toHaveLength(1);
    execFileSync('xz', ['-t', file()]);
  });
});
