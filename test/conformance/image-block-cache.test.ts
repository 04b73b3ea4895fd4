// The cache of blocks where things go wrong: many processes at once, damage meanwhile, full and forbidden disks.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlockCache } from '../../image/segment/block-cache.ts';
import { writeBlocks } from '../../image/segment/block-writer.ts';
import { digestOf } from '../../keys/digest.ts';
import { packageRoot } from '../../native/package-root.ts';
import { makeOrdinaryUser } from '../client/ordinary-user.ts';
import { describeAsRoot } from '../setup/as-root.ts';

let folder: string;
let blocks: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-block-cache-'));
  chmodSync(folder, 0o755);
  blocks = join(folder, 'blocks');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = (text: string) => ({ sha256: digestOf(Buffer.from(text)).sha256, encoding: 'plain' });
const pathOf = (text: string) => join(blocks, 'v1/plain', key(text).sha256.slice(0, 2), key(text).sha256);
const filesOf = () =>
  readdirSync(blocks, { recursive: true, encoding: 'utf8' }).filter((name) => /[0-9a-f]{64}/.test(name));

/** A program that begins with the cache in the folder that is its argument. */
const program = (checkout: string, text: string) => `
  const { BlockCache } = await import('${checkout}/dist/image/segment/block-cache.js');
  const { digestOf } = await import('${checkout}/dist/keys/digest.js');
  const { readdirSync, truncateSync, writeFileSync } = await import('node:fs');
  const cache = new BlockCache(process.argv[1]);
  const key = (text) => ({ sha256: digestOf(Buffer.from(text)).sha256, encoding: 'plain' });
  ${text}`;
const words = (text: string, checkout = packageRoot) => ['--input-type=module', '-e', program(checkout, text), blocks];

async function run(text: string): Promise<{ status: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, words(text));
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (part) => {
    said.stdout += part;
  });
  child.stderr.on('data', (part) => {
    said.stderr += part;
  });
  const [status] = await once(child, 'close');
  return { status, ...said };
}

// Keys and contents are few, so that everybody is always at the same file.
const busy = `
  const contents = Array.from({ length: 12 }, (_, at) => Buffer.alloc(1000 + 9000 * at, 'block ' + at + ', '));
  let [hits, wrong] = [0, 0];
  for (let round = 0; round < 3000; round += 1) {
    const at = Math.floor(Math.random() * contents.length);
    const found = cache.get(key('block ' + at));
    if (found === undefined) cache.put(key('block ' + at), contents[at]);
    else if (found.equals(contents[at])) hits += 1;
    else wrong += 1;
    if (round % 10 === 0) cache.prune(200_000);
    if (round % 10 === 5) cache.info();
  }
  console.log(JSON.stringify({ hits, wrong }));`;

// Spoils what it finds, in place.
const spoiling = `
  for (let round = 0; round < 3000; round += 1) {
    const files = readdirSync(process.argv[1] + '/v1', { recursive: true, encoding: 'utf8' });
    const names = files.filter((name) => /[0-9a-f]{64}$/.test(name));
    const path = process.argv[1] + '/v1/' + names[Math.floor(Math.random() * names.length)];
    try {
      if (round % 2 === 0) truncateSync(path, Math.floor(Math.random() * 1000));
      else writeFileSync(path, 'nonsense', { flag: 'r+' });
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }`;

describe('several processes at once', () => {
  it('put, get and prune the same blocks without an error and never get a wrong one', async () => {
    mkdirSync(join(blocks, 'v0/ab'), { recursive: true });
    for (let at = 0; at < 300; at += 1) writeFileSync(join(blocks, 'v0/ab', String(at)), 'of another layout');
    const outcomes = await Promise.all([busy, busy, busy, busy].map(run));
    for (const { status, stdout, stderr } of outcomes) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ wrong: 0, hits: expect.any(Number) });
      expect(JSON.parse(stdout).hits).toBeGreaterThan(100);
    }
    expect(readdirSync(blocks)).toEqual(['v1']);
    expect(filesOf().filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('never get a block that is being spoilt', async () => {
    new BlockCache(blocks).put(key('first'), Buffer.from('so that there is a folder'));
    for (const { status, stdout, stderr } of await Promise.all([busy, busy, spoiling].map(run))) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      if (stdout !== '') expect(JSON.parse(stdout).wrong).toBe(0);
    }
  });
});

describe('an entry', () => {
  const content = Buffer.alloc(10_000, 'a block, ');

  it.each([0, 1, 31, 32, 33, 5000, 10_031])(
    'that was cut to %i bytes is a miss and makes room for a whole one',
    (size) => {
      const cache = new BlockCache(blocks);
      cache.put(key('one'), content);
      truncateSync(pathOf('one'), size);
      expect(cache.get(key('one'))).toBeUndefined();
      expect(existsSync(pathOf('one'))).toBe(false);
      cache.put(key('one'), content);
      expect(cache.get(key('one'))).toEqual(content);
    },
  );

  it('that stands whole at the place of another one is a miss', () => {
    const cache = new BlockCache(blocks);
    cache.put(key('one'), content);
    cache.put(key('two'), Buffer.from('another block'));
    writeFileSync(pathOf('one'), readFileSync(pathOf('two')));
    expect(cache.get(key('one'))).toBeUndefined();
    expect(cache.get(key('two'))).toEqual(Buffer.from('another block'));
  });
});

describeAsRoot('a disk', () => {
  const pieces = Array.from({ length: 8 }, (_, at) =>
    execFileSync('head', ['-c', String(40_000 + at), '/dev/urandom']),
  );
  const plan = pieces.map(({ length }, layer) => ({ name: 'a', layer, size: length, filter: 'plain' as const }));

  async function pack(name: string, cache?: BlockCache) {
    const writing = { target: join(folder, name), onProgress: () => undefined };
    const all = Promise.resolve(plan);
    const { reused } = await writeBlocks(
      Readable.from(pieces),
      all,
      cache === undefined ? writing : { ...writing, cache },
    );
    return { reused, file: digestOf(readFileSync(writing.target)) };
  }

  it('that is full keeps what had room, and the files are the same', async () => {
    const { file } = await pack('without');
    mkdirSync(blocks);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'cooper-test', blocks]);
    try {
      const cache = new BlockCache(blocks);
      expect(await pack('first', cache)).toEqual({ reused: 0, file });
      const { blocks: kept } = cache.info();
      expect(kept).toBeGreaterThan(0);
      expect(kept).toBeLessThan(pieces.length);
      expect(filesOf().filter((name) => name.endsWith('.partial'))).toEqual([]);
      expect(await pack('second', cache)).toEqual({ reused: kept, file });
    } finally {
      execFileSync('umount', [blocks]);
    }
  });

  const asks = `
    const got = [cache.get(key('whole')), cache.get(key('damaged'))].map((block) => block?.toString() ?? null);
    cache.put(key('new'), Buffer.from('a new block'));
    const fresh = cache.get(key('new')) ?? null;
    console.log(JSON.stringify({ got, fresh, info: cache.info(), pruned: cache.prune(0) }));`;

  function fill(): void {
    const cache = new BlockCache(blocks);
    cache.put(key('whole'), Buffer.from('a whole block'));
    cache.put(key('damaged'), Buffer.from('a damaged block'));
    writeFileSync(pathOf('damaged'), 'nonsense');
    mkdirSync(join(blocks, 'v0'));
    writeFileSync(join(blocks, 'v0/old'), 'of another layout');
  }

  const readable = {
    got: ['a whole block', null],
    fresh: null,
    info: { blocks: 2, bytes: 32 + 13 + 8 },
    pruned: { blocks: 0, bytes: 0 },
  };

  it('that may not be written gives what is there', () => {
    fill();
    const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
    const out = execFileSync('unshare', ['--mount', 'sh', '-ec', script, blocks, process.execPath, ...words(asks)]);
    expect(JSON.parse(out.toString())).toEqual(readable);
  });

  it.each([
    ['be read but not written by this user gives what is there', 0o755, readable],
    ['not be entered by this user is none', 0o700, { ...readable, got: [null, null], info: { blocks: 0, bytes: 0 } }],
  ])('that may %s', async (_, mode, expected) => {
    fill();
    chmodSync(blocks, mode);
    const user = makeOrdinaryUser();
    try {
      const { status, stdout, stderr } = await user.run([process.execPath, ...words(asks, user.checkout)]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual(expected);
    } finally {
      user.remove();
    }
    expect(filesOf()).toHaveLength(2);
  });
});
