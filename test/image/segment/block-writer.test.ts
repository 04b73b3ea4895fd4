import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BlockCache } from '../../../image/segment/block-cache.ts';
import { type WrittenBlocks, writeBlocks } from '../../../image/segment/block-writer.ts';
import { chooseXzEngine } from '../../../image/xz/choose.ts';
import { xz } from '../xz/sample-files.ts';

let folder: string;
let cache: BlockCache;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-writer-'));
  cache = new BlockCache(join(folder, 'blocks'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const pieces = ['plain text, ', 'other text, '].map((text) => Buffer.alloc(4096, text));
const plan = pieces.map(({ length }, layer) => ({ name: 'a', layer, size: length, filter: 'plain' as const }));
const version = chooseXzEngine(process.env.COOPER_XZ_ENGINE).liblzmaVersion();

function write(name: string): Promise<WrittenBlocks> {
  const target = join(folder, name);
  return writeBlocks(Readable.from(pieces), Promise.resolve(plan), { target, cache, onProgress: () => undefined });
}

const fileOf = (name: string) => readFileSync(join(folder, name));

test('a block that another liblzma has made is not taken from the cache', async () => {
  const { segments } = await write('first');
  const foreign = new BlockCache(join(folder, 'blocks'));
  const encodings = readdirSync(join(folder, 'blocks/v1'));
  expect(encodings).toEqual([`lzma2-6-liblzma-${version}`]);
  foreign.prune(0);
  for (const encoding of ['lzma2-6', 'lzma2-6-liblzma-5.2.2', `x86-lzma2-6-liblzma-${version}`]) {
    for (const { sha256 } of segments) foreign.put({ sha256, encoding }, Buffer.from('what another version wrote'));
  }
  expect((await write('second')).reused).toBe(0);
  expect(fileOf('second').equals(fileOf('first'))).toBe(true);
  expect((await write('third')).reused).toBe(pieces.length);
  expect(fileOf('third').equals(fileOf('first'))).toBe(true);
  expect(xz(fileOf('third'), '-d').equals(Buffer.concat(pieces))).toBe(true);
});

test('progress is what was compressed, not what was read', async () => {
  const told: number[] = [];
  let toldWhenRead: number | undefined;
  async function* source() {
    yield* pieces;
    toldWhenRead = told.at(-1);
  }
  const writing = { target: join(folder, 'told'), cache, onProgress: (bytes: number) => told.push(bytes) };
  await writeBlocks(source(), Promise.resolve(plan), writing);
  expect([toldWhenRead, told]).toEqual([undefined, [4096, 8192]]);
});
