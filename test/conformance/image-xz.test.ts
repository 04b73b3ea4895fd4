// Every xz engine does the same, to the byte, as xz does; and holds nothing longer than it must.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { chooseXzEngine, xzEngineNames } from '../../image/xz/choose.ts';
import { type XzEngine, type XzOptions, xzBlockSize } from '../../image/xz/engine.ts';

const dist = join(dirname(createRequire(import.meta.url).resolve('#root/package.json')), 'dist');

const xz = (bytes: Buffer, ...options: string[]) =>
  execFileSync('xz', ['-c', ...options], { input: bytes, maxBuffer: 2 ** 30 });

/** Programs of this machine one after the other. */
function programs(size: number): Buffer {
  const data = Buffer.alloc(size);
  let at = 0;
  for (const name of readdirSync('/usr/bin').sort()) {
    if (at === size) break;
    const path = join('/usr/bin', name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const fd = openSync(path, 'r');
    at += readSync(fd, data, at, Math.min(size - at, 4 * 2 ** 20), 0);
    closeSync(fd);
  }
  return data.subarray(0, at);
}

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A block and a bit: programs where it starts, ends, and goes over into the next block. xz -6 takes half a minute for programs throughout. */
const sample = Buffer.alloc(xzBlockSize + 2 * 2 ** 20);
for (const at of [0, xzBlockSize - 2 ** 18, sample.length - 2 ** 18]) programs(2 ** 19).copy(sample, at);
const small = programs(300_000);
const packed = xz(small, '-1');

async function through(stream: Duplex, bytes: Buffer, chunk: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  await pipeline(Readable.from(cut(bytes, chunk)), stream, async (source: AsyncIterable<Buffer>) => {
    for await (const part of source) parts.push(part);
  });
  return Buffer.concat(parts);
}

const encode = (engine: XzEngine, data: Buffer, options: XzOptions, chunk = 64 * 1024) =>
  through(engine.createEncoder(options), data, chunk);

const decode = (engine: XzEngine, bytes: Buffer, limit: number, chunk = 64 * 1024) =>
  through(engine.createDecoder(limit), bytes, chunk);

const threads = () => readdirSync('/proc/self/task').length;

/** The number of threads once it has stayed the same for a while: those of earlier work end after their work. */
async function settledThreads(): Promise<number> {
  let count = threads();
  for (let same = 0; same < 10; ) {
    await pause(20);
    const now = threads();
    same = now === count ? same + 1 : 0;
    count = now;
  }
  return count;
}

describe.each(xzEngineNames)('%s compresses', (name) => {
  const engine = () => chooseXzEngine(name);

  it('to the bytes of xz -6 -T2', async () => {
    const bytes = await encode(engine(), sample, { preset: 6, threads: 2 });
    expect(bytes.equals(xz(sample, '-6', '-T2'))).toBe(true);
  });

  it('to the same bytes with one thread, with two, and whatever the chunks', async () => {
    const reference = xz(sample, '-1', '-T2', `--block-size=${xzBlockSize}`);
    for (const count of [1, 2]) {
      const bytes = await encode(engine(), sample, { preset: 1, threads: count }, count === 1 ? 99_991 : 3 * 2 ** 20);
      expect(bytes.equals(reference)).toBe(true);
      expect(xz(bytes, '-d').equals(sample)).toBe(true);
    }
  });

  it.each([0, 1, 4096])('%i bytes to a stream that xz -t accepts', async (size) => {
    const bytes = await encode(engine(), small.subarray(0, size), { preset: 6, threads: 2 });
    xz(bytes, '-t');
    expect(xz(bytes, '-d').equals(small.subarray(0, size))).toBe(true);
  });

  it('and can be cancelled in the middle of a block', async () => {
    const cancel = new AbortController();
    const encoder = engine().createEncoder({ preset: 6, threads: 2 });
    let given = 0;
    const source = Readable.from(
      (function* () {
        for (const part of cut(sample, 64 * 1024)) {
          given += part.length;
          if (given > 2 ** 20) cancel.abort();
          yield part;
        }
      })(),
    );
    const closed = new Promise((resolve) => encoder.once('close', resolve));
    const swallow = new Writable({ write: (_chunk, _encoding, done) => done() });
    await expect(pipeline(source, encoder, swallow, { signal: cancel.signal })).rejects.toThrow(/abort/);
    await closed;
    expect(given).toBeLessThan(sample.length);
  });
});

describe.each(xzEngineNames)('%s decompresses', (name) => {
  const engine = () => chooseXzEngine(name);

  it('what xz wrote, however it is cut', async () => {
    for (const chunk of [7, 4096, packed.length]) {
      expect((await decode(engine(), packed, small.length, chunk)).equals(small)).toBe(true);
    }
  });

  it('blocks of xz -T2', async () => {
    const blocks = xz(sample, '-1', '-T2');
    expect((await decode(engine(), blocks, sample.length)).equals(sample)).toBe(true);
  });

  it('concatenated streams with padding, cut anywhere', async () => {
    const one = xz(Buffer.from('one'));
    const both = Buffer.concat([one, Buffer.alloc(8), one, Buffer.alloc(4)]);
    for (let chunk = 1; chunk <= both.length; chunk += 3) {
      expect((await decode(engine(), both, 6, chunk)).toString()).toBe('oneone');
    }
  });

  it('nothing that is cut short', async () => {
    const one = xz(Buffer.from('some text that is packed'));
    for (let length = 0; length < one.length; length += 1) {
      await expect(decode(engine(), one.subarray(0, length), 100)).rejects.toMatchObject({ code: 'archive-corrupt' });
    }
    for (const cutOff of [1, 12, packed.length >> 1]) {
      await expect(decode(engine(), packed.subarray(0, -cutOff), small.length)).rejects.toMatchObject({
        code: 'archive-corrupt',
      });
    }
  });

  it('nothing with a flipped bit', async () => {
    for (let at = 5; at < packed.length; at += packed.length >> 5) {
      const broken = Buffer.from(packed);
      broken.writeUInt8(broken.readUInt8(at) ^ (1 << (at & 7)), at);
      await expect(decode(engine(), broken, small.length)).rejects.toMatchObject({ name: 'CooperError' });
    }
  });

  it('nothing that is followed by something else, or is no xz', async () => {
    for (const bytes of [Buffer.concat([packed, Buffer.from('more')]), small]) {
      await expect(decode(engine(), bytes, small.length)).rejects.toMatchObject({ code: 'archive-corrupt' });
    }
  });

  it('not one byte more than the limit', async () => {
    expect((await decode(engine(), packed, small.length)).length).toBe(small.length);
    await expect(decode(engine(), packed, small.length - 1)).rejects.toMatchObject({ code: 'archive-too-large' });
  });

  it('nothing that needs a dictionary beyond the memory granted', async () => {
    const wide = xz(small, '--lzma2=preset=1,dict=512MiB');
    await expect(decode(engine(), wide, small.length)).rejects.toMatchObject({ code: 'archive-too-large' });
  });

  it('a bomb only up to its limit', async () => {
    const bomb = xz(Buffer.alloc(200 * 2 ** 20), '-1');
    const before = process.memoryUsage().rss;
    await expect(decode(engine(), bomb, 2 ** 20)).rejects.toMatchObject({ code: 'archive-too-large' });
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * 2 ** 20);
  });

  it('no further than its reader reads', async () => {
    const bomb = xz(Buffer.alloc(100 * 2 ** 20), '-1');
    const decoder = Readable.from(cut(bomb, 512)).compose(engine().createDecoder(2 ** 30));
    await new Promise((resolve) => decoder.once('readable', resolve));
    expect(decoder.readableLength).toBeLessThan(8 * 2 ** 20);
    const closed = new Promise((resolve) => decoder.once('close', resolve));
    decoder.destroy();
    await closed;
  });

  it('and closes when it is given up while it waits for more', async () => {
    const decoder = engine().createDecoder(small.length);
    const closed = new Promise((resolve) => decoder.once('close', resolve));
    decoder.resume();
    await new Promise((resolve) => decoder.write(packed.subarray(0, 20), resolve));
    decoder.destroy();
    await closed;
    expect(decoder.destroyed).toBe(true);
  });
});

describe('liblzma', () => {
  const { createEncoder } = chooseXzEngine('liblzma');

  it('has stopped its threads when a cancelled stream is closed', async () => {
    const work = Buffer.alloc(sample.length, programs(2 ** 18));
    // libuv starts its own threads with the first work.
    await encode(chooseXzEngine('liblzma'), small, { preset: 1, threads: 1 });
    const before = await settledThreads();
    const encoder = createEncoder({ preset: 6, threads: 2 });
    const closed = new Promise((resolve) => encoder.once('close', resolve));
    encoder.write(work);
    await new Promise((resolve) => encoder.write(small, resolve));
    encoder.end(work);
    await expect.poll(threads).toBe(before + 2);
    encoder.destroy();
    await closed;
    await expect.poll(threads).toBe(before);
  });
});

describe('COOPER_XZ_ENGINE', () => {
  const script = `
    const { decompressXz } = await import(${JSON.stringify(join(dist, 'image/xz.js'))});
    const bytes = Buffer.from(process.argv[1], 'base64');
    await decompressXz(bytes, 100).then((data) => console.log(String(data)), (error) => console.log(error.code));`;
  const run = (value: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script, xz(Buffer.from('text')).toString('base64')], {
      encoding: 'utf8',
      env: { ...process.env, COOPER_XZ_ENGINE: value },
    }).stdout.trim();

  it.each(['', ...xzEngineNames])('%j is obeyed', (value) => {
    expect(run(value)).toBe('text');
  });

  it('is refused when it names no engine', () => {
    expect(run('zlib')).toBe('xz-engine-unavailable');
  });
});
