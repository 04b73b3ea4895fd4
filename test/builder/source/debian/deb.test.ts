import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDeb } from '../../../../builder/source/debian/deb.ts';

const control = 'Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: sample\n';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-deb-'));
  await mkdir(join(folder, 'tree/DEBIAN'), { recursive: true });
  await mkdir(join(folder, 'tree/usr/share/sample'), { recursive: true });
  await writeFile(join(folder, 'tree/DEBIAN/control'), control);
  await writeFile(join(folder, 'tree/DEBIAN/postinst'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(folder, 'tree/usr/share/sample/data'), 'x'.repeat(200_000));
  for (const packing of ['xz', 'gzip', 'none', 'zstd']) {
    execFileSync('dpkg-deb', ['--root-owner-group', `-Z${packing}`, '-b', join(folder, 'tree'), deb(packing)]);
  }
});

afterAll(() => rm(folder, { recursive: true }));

const deb = (name: string) => join(folder, `${name}.deb`);

async function dataOf(file: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of openDeb(file).data()) {
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts);
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing thrown',
    (error) => error.code ?? error,
  );

test.each(['xz', 'gzip', 'none', 'zstd'])('a .deb packed with %s is read as dpkg-deb reads it', async (packing) => {
  const members = await openDeb(deb(packing)).control();
  expect([...members.keys()].sort()).toEqual(['control', 'postinst']);
  expect(members.get('control')?.toString()).toBe(control);
  expect(await dataOf(deb(packing))).toEqual(execFileSync('dpkg-deb', ['--fsys-tarfile', deb(packing)]));
});

test('another packing is named as not supported', async () => {
  const bytes = (await readFile(deb('xz'))).toString('latin1');
  await writeFile(
    deb('lzip'),
    bytes.replace('control.tar.xz', 'control.tar.lz').replace('data.tar.xz', 'data.tar.lz'),
    'latin1',
  );
  expect(await codeOf(dataOf(deb('lzip')))).toBe('deb-unsupported');
  expect(await codeOf(openDeb(deb('lzip')).control())).toBe('deb-unsupported');
});

test('a member that is not packed as its name says is refused', async () => {
  const bytes = (await readFile(deb('gzip'))).toString('latin1');
  await writeFile(deb('misnamed'), bytes.replace('data.tar.gz ', 'data.tar.zst'), 'latin1');
  expect(await codeOf(dataOf(deb('misnamed')))).toBe('deb-malformed');
});

test.each(['xz', 'zstd'])('a stream of %s that nobody reads to its end can be destroyed', async (packing) => {
  for await (const part of openDeb(deb(packing)).data()) {
    expect(part.length).toBeGreaterThan(0);
    break;
  }
});

test.each(['xz', 'zstd'])('a file of %s cut at any place is refused', async (packing) => {
  const whole = await readFile(deb(packing));
  // One byte of padding may be missing at the very end: the data is complete then.
  for (const size of [0, 5, 8, 40, 67, 70, 131, 140, Math.floor(whole.length / 2), whole.length - 2]) {
    await writeFile(deb('cut'), whole.subarray(0, size));
    expect(await codeOf(dataOf(deb('cut'))), `${size} bytes`).toBe('deb-malformed');
  }
});

test('a flipped bit in the packed data is refused', async () => {
  const bytes = await readFile(deb('xz'));
  const at = bytes.lastIndexOf('data.tar.xz') + 60 + 40;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  await writeFile(deb('flipped'), bytes);
  expect(await codeOf(dataOf(deb('flipped')))).toBe('deb-malformed');
});

test.each([
  ['another magic', (text: string) => text.replace('!<arch>', '!<ARCH>')],
  ['another format', (text: string) => text.replace('\n2.0\n', '\n3.0\n')],
  ['a size that is no number', (text: string) => text.replace(/(debian-binary.{32})4 /, '$1x ')],
  [
    'a size beyond the file',
    (text: string) => text.replace(/(data\.tar\.xz.{37})[\d ]{10}/, (_, head) => `${head}9999999   `),
  ],
  ['members in another order', (text: string) => text.replace('control.tar.xz', 'data.tar.xz   ')],
  ['no end mark of a header', (text: string) => text.replace('`\n', '``')],
])('%s is refused', async (_name, change) => {
  const before = (await readFile(deb('xz'))).toString('latin1');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(deb('odd'), after, 'latin1');
  expect(await codeOf(dataOf(deb('odd')))).toBe('deb-malformed');
});

test('members that begin with an underscore are for others', async () => {
  const parts = join(folder, 'parts');
  await mkdir(parts);
  execFileSync('ar', ['x', deb('xz')], { cwd: parts });
  await writeFile(join(parts, '_extra'), 'anything');
  execFileSync('ar', ['rc', deb('extra'), 'debian-binary', '_extra', 'control.tar.xz', 'data.tar.xz'], { cwd: parts });
  expect((await openDeb(deb('extra')).control()).get('control')?.toString()).toBe(control);
});
