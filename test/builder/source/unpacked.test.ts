// What the common tools pack is read by what it begins with.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { unpacked } from '../../../builder/source/unpacked.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-unpacked-'));
afterAll(() => rmSync(folder, { recursive: true }));

const data = Buffer.from(Array.from({ length: 30_000 }, (_, index) => `line ${index}\n`).join(''));

async function read(file: string, limit = data.length, part?: { start: number; end: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of unpacked(file, limit, part)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const packers: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ['gzip', ['gzip', '-c']],
  ['xz', ['xz', '-c']],
  ['zstd', ['zstd', '-q', '-c']],
  ['zstd of a high level, without a size', ['zstd', '-q', '-19', '--no-content-size', '-c']],
  ['bzip2', ['bzip2', '-c']],
  ['nothing', ['cat']],
];

test.each(packers)('%s', async (name, [program = '', ...words]) => {
  const file = join(folder, name.replaceAll(/\W/g, '-'));
  const packed = execFileSync(program, words, { input: data, maxBuffer: 1 << 28 });
  writeFileSync(file, packed);
  expect((await read(file)).equals(data)).toBe(true);
  await expect(read(file, data.length - 1)).rejects.toMatchObject({ code: 'archive-too-large' });
  writeFileSync(file, Buffer.concat([Buffer.from('12'), packed, Buffer.from('34')]));
  expect((await read(file, data.length, { start: 2, end: 2 + packed.length })).equals(data)).toBe(true);
});

test.each(packers.slice(0, -1))('%s that ends too early', async (name, [program = '', ...words]) => {
  const file = join(folder, `cut-${name.replaceAll(/\W/g, '-')}`);
  const packed = execFileSync(program, words, { input: data, maxBuffer: 1 << 28 });
  writeFileSync(file, packed.subarray(0, packed.length >> 1));
  await expect(read(file)).rejects.toMatchObject({ code: 'archive-corrupt' });
});

test.each(packers.slice(0, -1))('a bomb of %s is refused while it goes off', async (name, [program = '', ...words]) => {
  const file = join(folder, `bomb-${name.replaceAll(/\W/g, '-')}`);
  writeFileSync(file, execFileSync(program, words, { input: Buffer.alloc(30_000_000) }));
  await expect(read(file, 1_000_000)).rejects.toMatchObject({ code: 'archive-too-large' });
});

test('a part without a byte has no data', async () => {
  const file = join(folder, 'part');
  writeFileSync(file, 'some text');
  expect(await read(file, 10, { start: 3, end: 3 })).toEqual(Buffer.alloc(0));
});
