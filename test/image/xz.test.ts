import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { compressXz, createXzDecoder, decodeBlock, decompressXz, encodeBlock } from '../../image/xz.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-xz-'));
afterAll(() => rmSync(folder, { recursive: true }));

const xz = (bytes: Buffer, ...options: string[]) =>
  execFileSync('xz', ['-c', ...options], { input: bytes, maxBuffer: 2 ** 30 });

async function compressed(data: Buffer, threads: number, preset: 1 | 6 = 1): Promise<Buffer> {
  const target = join(folder, `out-${randomBytes(4).toString('hex')}.xz`);
  await compressXz(Readable.from([data]), target, { preset, threads });
  return readFileSync(target);
}

// Repeats at a distance, so that it is neither noise nor zeros.
const sample = Buffer.concat([randomBytes(100_000), Buffer.alloc(100_000, 'cooper'), randomBytes(70_000)]);
const packed = xz(sample);

describe('compression', () => {
  it('writes what xz unpacks to the same bytes, with CRC64', async () => {
    const bytes = await compressed(sample, 2, 6);
    expect(xz(bytes, '-d').equals(sample)).toBe(true);
    expect(bytes.subarray(6, 8).toString('hex')).toBe('0004');
    execFileSync('xz', ['-t'], { input: bytes });
  });

  it('gives the same bytes for one and for several threads', async () => {
    const big = Buffer.alloc(50 * 1024 * 1024, createHash('sha256').update('seed').digest());
    const one = await compressed(big, 1);
    expect((await compressed(big, 3)).equals(one)).toBe(true);
    expect(one.length).toBeLessThan(big.length / 100);
  });

  it('writes an empty stream for no data', async () => {
    expect(xz(await compressed(Buffer.alloc(0), 2), '-d').length).toBe(0);
  });
});

describe('decompression', () => {
  it('reads what xz writes', async () => {
    expect((await decompressXz(packed, sample.length)).equals(sample)).toBe(true);
  });

  it('reads concatenated streams with padding between them', async () => {
    const both = Buffer.concat([packed, Buffer.alloc(8), packed, Buffer.alloc(4)]);
    expect((await decompressXz(both, 2 * sample.length)).length).toBe(2 * sample.length);
  });

  it('reads concatenated streams however they are cut into chunks', async () => {
    const small = xz(Buffer.from('one'));
    const both = Buffer.concat([small, small]);
    for (let size = 1; size < both.length; size += 5) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < both.length; at += size) chunks.push(both.subarray(at, at + size));
      const parts = await Readable.from(chunks).compose(createXzDecoder(100)).toArray();
      expect(Buffer.concat(parts).toString()).toBe('oneone');
    }
  });

  it('refuses every truncation', async () => {
    const small = xz(Buffer.from('some text that is packed'));
    for (let length = 0; length < small.length; length += 1) {
      await expect(decompressXz(small.subarray(0, length), 1000)).rejects.toMatchObject({ code: 'archive-corrupt' });
    }
  });

  it('refuses every flipped bit', async () => {
    const small = xz(Buffer.from('some text that is packed'));
    for (let bit = 0; bit < small.length * 8; bit += 1) {
      const broken = Buffer.from(small);
      broken.writeUInt8(broken.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      await expect(decompressXz(broken, 1000)).rejects.toMatchObject({ name: 'CooperError' });
    }
  });

  it('refuses bytes after the stream', async () => {
    const bytes = Buffer.concat([packed, Buffer.from('more')]);
    await expect(decompressXz(bytes, sample.length)).rejects.toMatchObject({ code: 'archive-corrupt' });
  });

  it('refuses one byte more than the limit', async () => {
    await expect(decompressXz(packed, sample.length - 1)).rejects.toMatchObject({ code: 'archive-too-large' });
  });

  it('stops a bomb near the limit instead of filling the memory', async () => {
    const bomb = xz(Buffer.alloc(200 * 1024 * 1024), '-0');
    const before = process.memoryUsage().rss;
    await expect(decompressXz(bomb, 1024 * 1024)).rejects.toMatchObject({ code: 'archive-too-large' });
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * 1024 * 1024);
  });

  it('refuses a stream that needs a dictionary beyond the memory granted', async () => {
    const wide = xz(sample, '--lzma2=preset=6,dict=512MiB');
    await expect(decompressXz(wide, sample.length)).rejects.toMatchObject({ code: 'archive-too-large' });
  });

  it('waits for its reader between small steps', async () => {
    const decoder = Readable.from([xz(Buffer.alloc(100 * 1024 * 1024), '-0')]).compose(createXzDecoder(2 ** 30));
    await new Promise((resolve) => decoder.once('readable', resolve));
    decoder.destroy();
    expect(decoder.readableLength).toBeLessThan(4 * 1024 * 1024);
  });
});

describe('a block', () => {
  it('comes back as it was, with and without the filter for machine code', async () => {
    for (const filter of ['plain', 'x86'] as const) {
      const block = await encodeBlock(sample, { preset: 6, filter });
      expect(block.uncompressedSize).toBe(sample.length);
      expect((await decodeBlock(block.bytes, block)).equals(sample)).toBe(true);
    }
  });

  it('without data has a fixed form', async () => {
    const block = await encodeBlock(Buffer.alloc(0), { preset: 6, filter: 'plain' });
    // Header, LZMA2's end marker with its padding, CRC64.
    expect(block.bytes.toString('hex')).toBe(`02c001002101160081839225${'00'.repeat(4 + 8)}`);
    expect((await decodeBlock(block.bytes, block)).length).toBe(0);
  });

  it('is refused when it is not the one expected', async () => {
    const { bytes, ...sizes } = await encodeBlock(sample, { preset: 6, filter: 'plain' });
    const other = { ...sizes, uncompressedSize: sample.length - 1 };
    await expect(decodeBlock(bytes, other)).rejects.toMatchObject({ code: 'archive-corrupt' });
  });
});
