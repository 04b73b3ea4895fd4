import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recallOffered, rememberOffered } from '../../cli/offered-names.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'cooper-names-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

test('the newest list of each server is kept, and nothing else', async () => {
  await rememberOffered({ cache }, 'https://one.example/', ['a/b/c/d', 'e/f/g/h']);
  await rememberOffered({ cache }, 'https://one.example/', ['a/b/c/d']);
  await rememberOffered({ cache }, 'https://two.example/', []);
  expect(await recallOffered({ cache }, 'https://one.example/')).toEqual(['a/b/c/d']);
  expect(await recallOffered({ cache }, 'https://two.example/')).toEqual([]);
  await expect(recallOffered({ cache }, 'https://none.example/')).rejects.toMatchObject({ code: 'ENOENT' });
  expect(readdirSync(join(cache, 'names'))).toHaveLength(2);
});

test('a cache that cannot be written is no failure', async () => {
  writeFileSync(join(cache, 'names'), 'a file in its place');
  await rememberOffered({ cache }, 'https://one.example/', ['a/b/c/d']);
  expect(readdirSync(cache)).toEqual(['names']);
});
