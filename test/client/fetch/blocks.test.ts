// What is fetched of an archive of which parts are here already, and what happens to archives that are damaged, cut short or lie.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BlocksRequest, fetchBlocks, type Traffic } from '../../../client/fetch/blocks.ts';
import { openLocalBlocks } from '../../../client/fetch/choose-archive.ts';
import { openPartial, removeAbandonedPartials } from '../../../client/fetch/partial-archive.ts';
import { createTransport, type Transport } from '../../../fetch/index.ts';
import { encodingNames } from '../../../image/index.ts';
import { digestOf } from '../../../keys/digest.ts';
import { type Loopback, serveRoutes } from '../../fetch/loopback.ts';
import { randomPieces, type Segmented, segmented } from './segmented.ts';

const pieces = randomPieces(10);
const programs = { xz: 'xz', zst: 'zstd' };

describe.each(encodingNames)('rootfs.tar.%s', (encoding) => {
  let wanted: Segmented;
  let earlier: Segmented;
  beforeAll(async () => {
    wanted = await segmented(pieces, encoding);
    // Seven of the ten, elsewhere in the file, and three others.
    earlier = await segmented([...randomPieces(2), ...pieces.slice(3), ...randomPieces(1)], encoding);
  });

  let cacheDir: string;
  let transport: Transport;
  let server: Loopback | undefined;
  let leads: number[];
  let opened: string[];
  let notices: string[];
  beforeEach(async () => {
    [leads, opened, notices] = [[], [], []];
    cacheDir = await mkdtemp(join(tmpdir(), 'cooper-blocks-'));
    transport = createTransport({ timeouts: { connect: 500, idle: 500 }, attempts: 2 });
  });
  afterEach(async () => {
    transport.close();
    await server?.close();
    server = undefined;
    await rm(cacheDir, { recursive: true });
  });

  const finalPath = () => join(cacheDir, `${wanted.digest.sha256}.tar.${encoding}`);
  const partialName = () => `.${wanted.digest.sha256}.tar.${encoding}.part`;
  const cachedPath = (archive: Segmented) => join(cacheDir, `${archive.digest.sha256}.tar.${encoding}`);

  const sendRange =
    (file: Buffer): RequestListener =>
    (request, response) => {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      if (first === undefined) return void response.end(file);
      const body = file.subarray(Number(first), Number(last) + 1);
      response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${file.length}` }).end(body);
    };

  /** What may be changed of a fetch. */
  interface Change extends Partial<BlocksRequest> {
    readonly seeds?: readonly string[];
  }

  async function fetchWanted(answer: RequestListener, { seeds = [], ...change }: Change = {}): Promise<Traffic> {
    await server?.close();
    server = await serveRoutes({ '/rootfs': answer });
    const onNotice = (message: string) => void notices.push(message);
    const { flushCache = false } = change;
    const here = await openLocalBlocks({ cacheDir, seeds, flushCache, onNotice });
    return fetchBlocks({
      encoding,
      here,
      addresses: [`${server.url}/rootfs`],
      digest: wanted.digest,
      to: finalPath(),
      segments: wanted.segments,
      transport,
      flushCache,
      onOpen: (file) => opened.push(file),
      onLead: (count) => leads.push(count),
      onProgress: () => undefined,
      onNotice,
      ...change,
    }).finally(() => here.close());
  }

  async function expectWhole(): Promise<void> {
    expect((await readFile(finalPath())).equals(wanted.file)).toBe(true);
    expect(leads).toEqual([...leads].sort((a, b) => a - b));
    expect(leads.at(-1)).toBe(pieces.length);
  }

  const blockBytes = (from: number, to: number) =>
    wanted.segments.slice(from, to).reduce((sum, { block }) => sum + block.size, 0);

  test('without anything here the whole file comes, and is what its program takes', async () => {
    const traffic = await fetchWanted(sendRange(wanted.file));
    await expectWhole();
    expect(traffic).toEqual({ fetched: wanted.file.length, reused: 0 });
    expect(execFileSync(programs[encoding], ['-dc', finalPath()]).equals(wanted.data)).toBe(true);
    expect(await readdir(cacheDir)).toEqual([`${wanted.digest.sha256}.tar.${encoding}`]);
    expect(opened).toEqual([join(cacheDir, partialName())]);
  });

  test.each([
    ['of another image in the cache', async () => writeFile(cachedPath(earlier), earlier.file), []],
    ['of an archive that the user names', async () => writeFile(join(cacheDir, 'mine'), earlier.file), ['mine']],
  ])('blocks %s are not fetched', async (_name, put, seeds) => {
    await put();
    const traffic = await fetchWanted(sendRange(wanted.file), { seeds: seeds.map((name) => join(cacheDir, name)) });
    await expectWhole();
    expect(traffic.reused).toBe(blockBytes(3, 10));
    expect(traffic.fetched).toBeLessThanOrEqual(blockBytes(0, 3) + 12);
    expect(notices).toEqual([expect.stringContaining('are here already')]);
  });

  test('a damaged block of the cache is fetched, its neighbours are not', async () => {
    const damaged = Buffer.from(earlier.file);
    const at = (earlier.segments[4]?.block.offset ?? 0) + 100;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await writeFile(cachedPath(earlier), damaged);
    const traffic = await fetchWanted(sendRange(wanted.file));
    await expectWhole();
    expect(traffic.reused).toBe(blockBytes(3, 10) - blockBytes(5, 6));
  });

  test.each([
    ['cut short', () => earlier.file.subarray(0, -20)],
    ['of another kind', () => Buffer.from('no archive')],
    ['that go on', () => Buffer.concat([earlier.file, earlier.file])],
  ])('seeds %s are told to be of no use, and the file comes from the server', async (_name, content) => {
    const seed = join(cacheDir, 'seed');
    await writeFile(seed, content());
    const traffic = await fetchWanted(sendRange(wanted.file), { seeds: [seed] });
    await expectWhole();
    expect(traffic.reused).toBe(0);
    expect(notices).toEqual([expect.stringContaining(`the seed ${seed} is of no use`)]);
  });

  test('a seed that is not there is a fault of the command line', async () => {
    const seeds = [join(cacheDir, 'gone')];
    await expect(fetchWanted(sendRange(wanted.file), { seeds })).rejects.toMatchObject({ code: 'bad-usage', exit: 2 });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test('nothing of the cache is used when it is to be flushed', async () => {
    await writeFile(cachedPath(earlier), earlier.file);
    await writeFile(join(cacheDir, partialName()), wanted.file);
    const traffic = await fetchWanted(sendRange(wanted.file), { flushCache: true });
    await expectWhole();
    expect(traffic).toEqual({ fetched: wanted.file.length, reused: 0 });
  });

  const breakAfter =
    (count: number): RequestListener =>
    (_request, response) => {
      response.writeHead(200, { 'content-length': wanted.file.length });
      response.write(wanted.file.subarray(0, count), () => response.destroy());
    };

  test('an interrupted download goes on where it was: what had come is not fetched again', async () => {
    await expect(fetchWanted(breakAfter(300_000))).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(await readdir(cacheDir)).toEqual([partialName()]);
    const before = leads.at(-1) ?? 0;
    expect(before).toBeGreaterThanOrEqual(4);
    leads = [];
    const traffic = await fetchWanted(sendRange(wanted.file));
    await expectWhole();
    expect(traffic.reused).toBe(blockBytes(0, before));
    expect(traffic.fetched).toBeLessThan(blockBytes(before, 10) + 1000);
    expect(await readdir(cacheDir)).toEqual([`${wanted.digest.sha256}.tar.${encoding}`]);
  });

  test('a download that was interrupted before anything had come leaves nothing', async () => {
    await expect(fetchWanted(breakAfter(1000))).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test('what an interrupted run has left is believed only as far as it is right', async () => {
    const left = Buffer.from(wanted.file);
    left.fill(0, wanted.segments[2]?.block.offset, wanted.segments[5]?.block.offset);
    await writeFile(join(cacheDir, partialName()), left);
    const traffic = await fetchWanted(sendRange(wanted.file));
    await expectWhole();
    expect(traffic).toEqual({ fetched: blockBytes(2, 5), reused: blockBytes(0, 2) + blockBytes(5, 10) });
  });

  test('two that fetch the same image do not get in each other’s way', async () => {
    const first = await openPartial(finalPath(), false);
    await first.write(Buffer.from('something else'), 0);
    await fetchWanted(sendRange(wanted.file));
    await expectWhole();
    expect(opened).not.toEqual([first.path]);
    await first.leave(false);
    expect(await readdir(cacheDir)).toEqual([`${wanted.digest.sha256}.tar.${encoding}`]);
  });

  test('a file that is written differently around its blocks is taken as it is', async () => {
    // With a second, empty one behind it: the same blocks, other bytes at the end.
    const empty = execFileSync(programs[encoding], ['-c'], { input: '' });
    const file = Buffer.concat([wanted.file, empty]);
    const digest = digestOf(file);
    await fetchWanted(sendRange(file), { digest });
    expect((await readFile(finalPath())).equals(file)).toBe(true);
  });

  test('what nobody took up for a week is removed', async () => {
    const old = join(cacheDir, `.${'a'.repeat(64)}.tar.${encoding}.part`);
    const young = join(cacheDir, `.${'b'.repeat(64)}.tar.${encoding}.part`);
    const now = new Date();
    for (const [file, days] of [
      [old, 8],
      [young, 6],
    ] as const) {
      await writeFile(file, 'x');
      const then = new Date(now.getTime() - days * 24 * 3600 * 1000);
      await utimes(file, then, then);
    }
    await removeAbandonedPartials(cacheDir, now);
    expect(await readdir(cacheDir)).toEqual([`.${'b'.repeat(64)}.tar.${encoding}.part`]);
  });
});
