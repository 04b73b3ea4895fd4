// An image whose definition wants the filter for programs: the same archive inside, smaller outside, and what reads it.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitionDigest } from '../../builder/plan/inputs.ts';
import type { Manifest } from '../../image/index.ts';
import { openImage } from '../../variants/index.ts';
import { cooper } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';

let folder: string;
let plain: string;
let filtered: string;

beforeAll(async () => {
  const { home, directory } = await publishedMini();
  plain = directory;
  folder = mkdtempSync('/var/tmp/cooper-filter-');
  mkdirSync(join(folder, 'home/cache'), { recursive: true });
  for (const part of ['packages', 'indices', 'blocks'])
    symlinkSync(join(home, 'cache', part), join(folder, 'home/cache', part));
  const definitions = join(folder, 'definitions');
  cpSync(new URL('../../variants/debian', import.meta.url), join(definitions, 'debian'), { recursive: true });
  const file = join(definitions, 'debian/definition.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^rootfs: .*$/m, 'rootfs: { filter: x86 }'));
  // The same packages, whatever the mirror has by now: the lock of the plain image, made out for this definition.
  const lock = JSON.parse(readFileSync(join(plain, 'image.lock.json'), 'utf8'));
  const definition = definitionDigest(await openImage(miniName, { definitions }));
  writeFileSync(join(folder, 'lock.json'), JSON.stringify({ ...lock, definition }));
  const locked = ['--locked', join(folder, 'lock.json'), '--boot-gate', 'never'];
  const words = ['build', '--definitions', definitions, ...locked, '--out', join(folder, 'out'), miniName];
  const { status, stderr } = await cooper(['--home', join(folder, 'home'), ...words]);
  expect(status, stderr).toBe(0);
  filtered = execFileSync('find', [join(folder, 'out'), '-name', 'image.lock.json', '-printf', '%h']).toString();
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const archive = (directory: string) => join(directory, 'rootfs.tar.xz');
const manifest = (directory: string) => JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8')) as Manifest;

test('it holds the same archive and is smaller', () => {
  const tar = execFileSync('xz', ['-dc', archive(filtered)], { maxBuffer: 2 ** 30 });
  expect(createHash('sha256').update(tar).digest('hex')).toBe(manifest(plain).rootfs.sha256);
  expect(statSync(archive(filtered)).size).toBeLessThan(statSync(archive(plain)).size * 0.995);
});

test('xz finds the filter in blocks with programs and in no other', () => {
  const lines = execFileSync('xz', ['--robot', '-lvv', archive(filtered)], { encoding: 'utf8' }).split('\n');
  const blocks = lines.filter((line) => line.startsWith('block\t')).map((line) => line.split('\t').at(-1) ?? '');
  const { segments = [] } = manifest(filtered).rootfs;
  expect(blocks).toHaveLength(segments.length);
  const filters = new Map(segments.map(({ name }, at) => [name, blocks[at]]));
  expect(filters.get('glibc')).toContain('--x86');
  expect(filters.get('directories')).not.toContain('--x86');
});

test("BusyBox's xz cannot read it, and reads the plain one", () => {
  const read = (directory: string) => {
    const { status, stderr } = spawnSync('busybox', ['xz', '-tc', archive(directory)], { encoding: 'utf8' });
    return { status, stderr };
  };
  expect(read(plain)).toEqual({ status: 0, stderr: '' });
  expect(read(filtered)).toEqual({ status: 1, stderr: 'xz: corrupted data\n' });
});
