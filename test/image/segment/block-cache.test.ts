import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BlockCache, type BlockKey } from '../../../image/segment/block-cache.ts';
import { digestOf } from '../../../keys/digest.ts';

let folder: string;
let cache: BlockCache;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-blocks-'));
  cache = new BlockCache(join(folder, 'blocks'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const key = (text: string, encoding = 'plain'): BlockKey => ({ sha256: digestOf(Buffer.from(text)).sha256, encoding });
const pathOf = ({ sha256, encoding }: BlockKey) => join(folder, 'blocks/v1', encoding, sha256.slice(0, 2), sha256);
const block = Buffer.from('a compressed block');

/** Puts a block that was used so many seconds after 1970. */
function used(name: string, seconds: number, size = 1000): BlockKey {
  const found = key(name);
  cache.put(found, Buffer.alloc(size, name));
  utimesSync(pathOf(found), seconds, seconds);
  return found;
}

test('a block comes back as it was put, for its own key alone', () => {
  cache.put(key('one'), block);
  expect(cache.get(key('one'))).toEqual(block);
  expect(cache.get(key('two'))).toBeUndefined();
  expect(cache.get(key('one', 'x86'))).toBeUndefined();
  expect(cache.info()).toEqual({ blocks: 1, bytes: block.length + 32 });
});

test.each([
  [
    'a changed byte',
    (content: Buffer) => Buffer.concat([content.subarray(0, 40), Buffer.from('X'), content.subarray(41)]),
  ],
  ['a changed digest', (content: Buffer) => Buffer.concat([Buffer.from('X'), content.subarray(1)])],
  ['a missing end', (content: Buffer) => content.subarray(0, -1)],
  ['next to nothing', (content: Buffer) => content.subarray(0, 3)],
])('a block with %s is a miss, and removed', (_, change) => {
  cache.put(key('one'), block);
  writeFileSync(pathOf(key('one')), change(readFileSync(pathOf(key('one')))));
  expect(cache.get(key('one'))).toBeUndefined();
  expect(cache.info().blocks).toBe(0);
});

test('what was used longest ago goes first, and use makes young', () => {
  const [first, second, third] = [used('first', 1), used('second', 2), used('third', 3)];
  cache.get(first);
  expect(cache.prune(2100)).toEqual({ blocks: 1, bytes: 1032 });
  expect(cache.get(second)).toBeUndefined();
  expect(cache.get(first)).toBeDefined();
  expect(cache.get(third)).toBeDefined();
  expect(cache.prune(0)).toEqual({ blocks: 2, bytes: 2064 });
});

test('unfinished files do not count, and go away once nobody can be writing them', () => {
  cache.put(key('one'), block);
  const partial = `${pathOf(key('one'))}.abc.partial`;
  writeFileSync(partial, 'half');
  mkdirSync(join(folder, 'blocks/v0'));
  expect(cache.info().blocks).toBe(1);
  cache.prune(1e9);
  expect(readFileSync(partial, 'utf8')).toBe('half');
  cache.prune(1e9, Date.now() + 3_700_000);
  expect(readdirSync(join(partial, '..'))).toEqual([key('one').sha256]);
  expect(readdirSync(join(folder, 'blocks'))).toEqual(['v1']);
});

test('a cache that cannot be written is none', () => {
  cache.put(key('one'), block);
  const full = new BlockCache('/proc/nowhere');
  expect(full.info()).toEqual({ blocks: 0, bytes: 0 });
  expect(full.prune(0)).toEqual({ blocks: 0, bytes: 0 });
  expect(full.get(key('one'))).toBeUndefined();
});
