// What a path holds of an image.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findLocalFiles } from '../../../client/local/find-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (...names: readonly string[]) => {
  for (const name of names) writeFileSync(join(folder, name), 'ý7zXZ');
};

it('a folder with image.json is a build, whatever else is in it', async () => {
  put('image.json');
  expect(await findLocalFiles(folder)).toEqual({ kind: 'build', folder });
  put('rootfs.tar.xz', 'meta.tar.xz');
  expect(await findLocalFiles(folder)).toEqual({ kind: 'build', folder });
  await expect(findLocalFiles(folder, join(folder, 'meta.tar.xz'))).rejects.toMatchObject({ code: 'bad-usage' });
});

it('a root is a pair with the metadata beside it, or with those that are named', async () => {
  put('rootfs.tar.xz', 'meta.tar.xz', 'other.tar.xz');
  const [rootfs, metadata, other] = ['rootfs.tar.xz', 'meta.tar.xz', 'other.tar.xz'].map((name) => join(folder, name));
  expect(await findLocalFiles(folder)).toEqual({ kind: 'pair', rootfs, metadata });
  expect(await findLocalFiles(rootfs ?? '')).toEqual({ kind: 'pair', rootfs, metadata });
  expect(await findLocalFiles(other ?? '', rootfs)).toEqual({ kind: 'pair', rootfs: other, metadata: rootfs });
});

it.each([
  ['nothing', []],
  ['no metadata', ['rootfs.tar.xz']],
  ['no root', ['meta.tar.xz']],
])('a folder with %s is no image', async (_what, names) => {
  put(...names);
  await expect(findLocalFiles(folder)).rejects.toMatchObject({ code: 'image-files-missing', exit: 1 });
});

it('what is not there is none, nor what is no file', async () => {
  await expect(findLocalFiles(join(folder, 'gone'))).rejects.toMatchObject({ code: 'image-files-missing' });
  mkdirSync(join(folder, 'rootfs.tar.xz'));
  put('meta.tar.xz');
  await expect(findLocalFiles(folder)).rejects.toMatchObject({ code: 'image-files-missing' });
});

it.each([
  ['squashfs', 'hsqs'],
  ['gzip', '\x1f\x8b\x08'],
  ['zstd', Buffer.from('28b52ffd', 'hex')],
])('a root in another form is refused by name (%s)', async (what, head) => {
  put('meta.tar.xz');
  writeFileSync(join(folder, 'rootfs.tar.xz'), Buffer.from(head as never, 'latin1'));
  const error = { code: 'archive-unsupported', message: expect.stringContaining(what) };
  await expect(findLocalFiles(folder)).rejects.toMatchObject(error);
});
