import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Manifest } from '../../../image/index.ts';
import { digestOf } from '../../../keys/digest.ts';
import { bytesIn, bytesOnDisk, freeBytes, requireSpace } from '../../../server/mirror/space.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-space-'));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = { ...digestOf(Buffer.from('')), size: 5000 };
const contents = (sizes: Readonly<Record<string, number>>) => {
  const files = Object.entries(sizes).map(([name, size]) => [name, { size, sha256: manifest.sha256 }]);
  return { files: Object.fromEntries(files) } as Manifest;
};

test('a build takes its files, each rounded up, and a little for each signature', () => {
  // image.json takes two units; signatures are those of two files, image.json and SHA256SUMS (two), and SHA256SUMS itself.
  const units = 2 + 3 + 1 + (5 + 1);
  expect(bytesOnDisk({ manifest }, contents({ 'rootfs.tar.xz': 8193, 'meta.tar.xz': 1 }))).toBe(units * 4096);
});

test('what is needed is compared with what may be used, and both are told', () => {
  expect(() => requireSpace('/srv/tree', { needed: 10, free: 10 })).not.toThrow();
  const refusal = expect.objectContaining({
    code: 'no-space',
    message: 'the new builds take up to 11 bytes, and only 10 may be used where /srv/tree lies',
  });
  expect(() => requireSpace('/srv/tree', { needed: 11, free: 10 })).toThrow(refusal);
});

test('files that are there take what the disk gives to them; a folder that is not there has none', async () => {
  writeFileSync(join(folder, 'a'), Buffer.alloc(100_000, 'x'), { flush: true });
  expect(await bytesIn(folder)).toBeGreaterThanOrEqual(100_000);
  expect(await bytesIn(join(folder, 'none'))).toBe(0);
});

test('a tree that is not there yet has the space of where it will be', async () => {
  expect(await freeBytes(join(folder, 'home/tree'))).toBeGreaterThan(0);
});
