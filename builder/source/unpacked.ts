// The bytes of a file of somebody else, unpacked: gzip, xz, zstd, bzip2, or as it is; by what it begins with unless it is told.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import unbzip2 from 'unbzip2-stream';
import { CooperError } from '../../errors/index.ts';
import { createXzDecoder } from '../../image/xz.ts';

/** How a file is packed; `plain`: not at all. */
export type Packing = 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'plain';

/** Data of a source, of which no more than `limit` bytes are wanted. */
type Decode = (source: Readable, limit: number) => AsyncIterable<Buffer>;

const decoders: Readonly<Record<Packing, Decode>> = {
  gzip: (source) => through(source, createGunzip()),
  xz: (source, limit) => through(source, createXzDecoder(limit)),
  zstd: decodeZstd,
  bzip2: decodeBzip2,
  plain: (source) => source,
};

const magics: readonly (readonly [magic: Buffer, packing: Packing])[] = [
  [Buffer.from('1f8b', 'hex'), 'gzip'],
  [Buffer.from('fd377a585a00', 'hex'), 'xz'],
  [Buffer.from('28b52ffd', 'hex'), 'zstd'],
  [Buffer.from('BZh'), 'bzip2'],
];

/** What to unpack of a file: bytes from `start` to `end`, the last one not included; `packing` where a format tells it. */
export interface PackedPart {
  readonly start: number;
  readonly end: number;
  readonly packing?: Packing;
}

/**
 * Its data in pieces, each valid until the next one is asked for.
 * @throws CooperError `archive-corrupt`, `archive-too-large` for more than `limit` bytes
 */
export async function* unpacked(
  file: string,
  limit: number,
  part: PackedPart = { start: 0, end: Number.POSITIVE_INFINITY },
): AsyncGenerator<Buffer> {
  if (part.end <= part.start) return;
  const decode = decoders[part.packing ?? (await packingOf(file, part.start))];
  const packed = createReadStream(file, { start: part.start, end: part.end - 1, highWaterMark: 1 << 18 });
  let size = 0;
  try {
    for await (const chunk of decode(packed, limit)) {
      size += chunk.byteLength;
      if (size > limit)
        throw new CooperError('archive-too-large', { what: `${file} unpacks to more than ${limit} bytes` });
      yield chunk;
    }
  } catch (error) {
    if (error instanceof CooperError) throw error;
    throw new CooperError('archive-corrupt', { what: `${file} cannot be unpacked`, cause: error });
  } finally {
    packed.destroy();
  }
}

async function* through(source: Readable, decoder: Duplex): AsyncGenerator<Buffer> {
  const stop = new AbortController();
  const piping = pipeline(source, decoder, { signal: stop.signal }).catch((error) => decoder.destroy(error));
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } finally {
    stop.abort();
    await piping;
  }
}

async function packingOf(file: string, start: number): Promise<Packing> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(8);
    await handle.read(head, 0, head.length, start);
    return magics.find(([magic]) => head.subarray(0, magic.length).equals(magic))?.[1] ?? 'plain';
  } finally {
    await handle.close();
  }
}

/**
 * Frames of zstd, also several; what the addon reads has to say its size, which frames of others need not. Four kilobytes at a time, since
 * they can be a hundred megabytes.
 */
async function* decodeZstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const out: Buffer[] = [];
  const inner = new Decompress((data) => out.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  for await (const chunk of source) {
    for (const slice of slicesOf(chunk, 4096)) {
      inner.push(slice);
      yield* out.splice(0);
    }
  }
  inner.push(new Uint8Array(), true);
  yield* out.splice(0);
}

/** What bzip2 may make of one piece: the library decodes all blocks of it at once, and a block of zeros is fifty bytes. */
const mostAtOnce = 256 * 2 ** 20;

/** The library's stream is one of the first kind that node had. */
async function* decodeBzip2(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const out = new Pending(mostAtOnce);
  const inner = unbzip2();
  // What is thrown here ends the library's work, and comes back as its error.
  inner.on('data', (data: Buffer) => out.add(data));
  inner.on('error', (error: Error) => out.fail(error));
  for await (const chunk of source) {
    for (const slice of slicesOf(chunk, 65_536)) {
      inner.write(slice);
      yield* out.take();
    }
  }
  inner.end();
  yield* out.take();
}

/** Data that wait to be used, of which there may be so many bytes. */
class Pending {
  readonly #most: number;
  #data: Buffer[] = [];
  #bytes = 0;
  #failure: Error | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  add(data: Buffer): void {
    this.#bytes += data.length;
    if (this.#bytes > this.#most) {
      this.#failure = new CooperError('archive-too-large', {
        what: `a piece unpacks to more than ${this.#most} bytes`,
      });
      throw this.#failure;
    }
    this.#data.push(data);
  }

  fail(error: Error): void {
    this.#failure ??= error;
  }

  take(): readonly Buffer[] {
    if (this.#failure !== undefined) throw this.#failure;
    const taken = this.#data;
    this.#data = [];
    this.#bytes = 0;
    return taken;
  }
}

function* slicesOf(chunk: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size);
}
