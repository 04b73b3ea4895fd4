import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { digestOf, type Sha256, verifyDigest, verifyFile } from '../../keys/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-digest-'));
const file = join(folder, 'file');
const data = Buffer.alloc((2 << 20) + 3, 'cooper');
writeFileSync(file, data);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wrong = { size: data.length, sha256: '0'.repeat(64) as Sha256 };

test('bytes and files with the right digest come out as verified', async () => {
  expect(verifyDigest(data, digestOf(data), 'data').value).toBe(data);
  expect((await verifyFile(file, digestOf(data))).value).toBe(file);
  writeFileSync(join(folder, 'empty'), '');
  expect((await verifyFile(join(folder, 'empty'), digestOf(Buffer.alloc(0)))).value).toBe(join(folder, 'empty'));
});

test.each([
  ['of other bytes', wrong],
  ['with a size too small', { ...digestOf(data), size: data.length - 1 }],
  ['with a size too large', { ...digestOf(data), size: data.length + 1 }],
  ['of nothing', digestOf(Buffer.alloc(0))],
])('a digest %s is refused', async (_what, digest) => {
  expect(() => verifyDigest(data, digest, 'data')).toThrow(expect.objectContaining({ code: 'digest-mismatch' }));
  await expect(verifyFile(file, digest)).rejects.toMatchObject({ code: 'digest-mismatch' });
});
