// What people see of the segments of an image, and of the blocks that are kept.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../../image/index.ts';
import { cooper, cooperJson } from './cooper.ts';
import { miniName, type PublishedMini, publishedMini } from './published.ts';

let mini: PublishedMini;
let folder: string;
beforeAll(async () => {
  mini = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-diff-');
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifest = () => JSON.parse(readFileSync(join(mini.directory, 'image.json'), 'utf8')) as Manifest;

test('the segments of a published image are those of its manifest, by the packages in them', async () => {
  const words = ['--home', mini.home, 'show', '--segments', miniName];
  const { images } = await cooperJson<{ images: readonly { segments: readonly { name: string; size: number }[] }[] }>(
    words,
  );
  expect(images[0]?.segments).toMatchObject(manifest().rootfs.segments ?? []);
  const names = images[0]?.segments.map(({ name }) => name) ?? [];
  expect(names.at(0)).toBe('directories');
  expect(names).toEqual(expect.arrayContaining(['glibc', 'systemd', 'state of packages']));
  const { stdout } = await cooper(words);
  expect(stdout.split('\n')).toHaveLength(names.length + 3);
});

test('rootfs.tar.zst is the same archive, for zstd and GNU tar', async () => {
  const [zst, xz] = ['zst', 'xz'].map((name) => join(mini.directory, `rootfs.tar.${name}`));
  const names = execFileSync('tar', ['--zstd', '-tvf', zst ?? ''], { maxBuffer: 2 ** 28 });
  expect(names.equals(execFileSync('tar', ['-tvf', xz ?? ''], { maxBuffer: 2 ** 28 }))).toBe(true);
  const sum = execFileSync('sh', ['-c', 'zstd -dc "$1" | sha256sum', 'sh', zst ?? ''], { encoding: 'utf8' });
  expect(sum).toContain(manifest().rootfs.sha256);
});

test('two builds differ in packages, and a client fetches the blocks that it lacks', async () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  for (const name of ['rootfs.tar.xz', 'packages.json']) copyFileSync(join(mini.directory, name), join(other, name));
  const { rootfs, ...rest } = manifest();
  const [first, ...segments] = rootfs.segments ?? [];
  if (first === undefined) throw new Error('no segments');
  const changed = { ...first, block: { ...first.block, sha256: '0'.repeat(64) } };
  writeFileSync(
    join(other, 'image.json'),
    JSON.stringify({ ...rest, rootfs: { ...rootfs, segments: [changed, ...segments] } }),
  );
  const packages = JSON.parse(readFileSync(join(other, 'packages.json'), 'utf8'));
  packages.packages[0].version = '0.0.1';
  writeFileSync(join(other, 'packages.json'), JSON.stringify(packages));

  const words = ['--home', mini.home, 'diff', miniName, other];
  const said = await cooperJson<{ packages: unknown; download: unknown; entries: unknown }>([...words, '--files']);
  expect(said.packages).toMatchObject([{ name: packages.packages[0].name, now: '0.0.1' }]);
  expect(said.download).toMatchObject({ bytes: first.block.size, segments: 1, of: segments.length + 1 });
  expect(said.entries).toEqual([]);
  expect((await cooper(words)).stdout).toContain('packages: 1 changed\n');
  rmSync(join(other, 'packages.json'));
  expect((await cooper(words)).stdout).toContain('packages: not known');
});

test('a build whose segments cannot be those of its archive is refused by whoever reads it', async () => {
  const lying = join(folder, 'lying');
  mkdirSync(lying);
  const { rootfs, ...rest } = manifest();
  const [first, ...segments] = rootfs.segments ?? [];
  writeFileSync(join(lying, 'image.json'), JSON.stringify({ ...rest, rootfs: { ...rootfs, segments } }));
  for (const words of [
    ['diff', miniName, lying],
    ['check', lying],
    ['diff', lying, miniName],
  ]) {
    const { status, stderr } = await cooper(['--home', mini.home, ...words]);
    expect({ words, status }).toEqual({ words, status: 3 });
    expect(stderr).toContain('[signed-document-invalid]');
    expect(stderr).toContain(`rootfs.segments: segment 1: its block begins at byte ${12 + (first?.block.size ?? 0)}`);
  }
});

test('blocks are counted and removed', async () => {
  const home = ['--home', join(folder, 'home')];
  expect(await cooperJson([...home, 'cache', 'info'])).toMatchObject({ blocks: { blocks: 0, bytes: 0 } });
  const { blocks } = await cooperJson<{ blocks: { blocks: number } }>(['--home', mini.home, 'cache', 'info']);
  expect(blocks.blocks).toBeGreaterThanOrEqual(manifest().rootfs.segments?.length ?? 1);
  expect(await cooperJson([...home, 'cache', 'prune', '--to', '1G'])).toMatchObject({
    removed: { blocks: 0, bytes: 0 },
  });
  const refused = await cooper([...home, 'cache', 'prune', '--to', 'much']);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('expected a size such as 500M');
});
