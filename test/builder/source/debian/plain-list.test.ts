import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openContentCache } from '../../../../builder/source/cache.ts';
import { plainList } from '../../../../builder/source/debian/plain-list.ts';
import { digestOf } from '../../../../keys/digest.ts';

const text = Buffer.from('Package: one\nVersion: 1\n\n'.repeat(1000));
const packed = gzipSync(text);
let folder: string;
let fetched: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-list-'));
  fetched = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(plain = digestOf(text)): Promise<Buffer> {
  const cache = await openContentCache(join(folder, 'cache'));
  return plainList({ path: 'main/binary-amd64/Packages.gz', digest: digestOf(packed), plain }, cache, async () => {
    fetched += 1;
    writeFileSync(join(folder, 'packed'), packed);
    return join(folder, 'packed');
  });
}

const kept = () =>
  readdirSync(join(folder, 'cache'), { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

test('a list is unpacked once and read from the cache afterwards', async () => {
  expect((await read()).equals(text)).toBe(true);
  expect((await read()).equals(text)).toBe(true);
  expect(fetched).toBe(1);
});

test('a list that unpacks to something else than was signed is refused and not kept', async () => {
  await expect(read(digestOf(Buffer.from(text.toString('latin1').toUpperCase())))).rejects.toMatchObject({
    code: 'package-list-malformed',
  });
  expect(kept()).toEqual([]);
});

test('a damaged list in the cache is unpacked anew', async () => {
  await read();
  const [file = ''] = kept();
  writeFileSync(file, 'damaged');
  expect((await read()).equals(text)).toBe(true);
  expect(fetched).toBe(2);
});

test('a list that was never packed is read as it is', async () => {
  const digest = digestOf(text);
  const cache = await openContentCache(join(folder, 'cache'));
  const bytes = await plainList({ path: 'main/binary-amd64/Packages', digest, plain: digest }, cache, () =>
    cache.obtain(digest, async (to) => writeFileSync(to, text)),
  );
  expect(bytes.equals(text)).toBe(true);
});
