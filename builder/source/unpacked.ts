// The bytes of a file of somebody else, unpacked: gzip, xz, zstd, bzip2, or as it is; by what it begins with unless it is told.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Duplex, PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import unbzip2 from 'unbzip2-stream';
import { CooperError } from '../../errors/index.ts';
import { createXzDecoder } from '../../image/xz.ts';

/** How a file is packed; `plain`: not at all. */
export type Packing = 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'plain';

type Create = (limit: number) => Duplex;

const decoders: Readonly<Record<Packing, Create>> = {
  gzip: () => createGunzip(),
  xz: createXzDecoder,
  zstd: () => createZstdDecoder(),
  bzip2: () => createBzip2Decoder(),
  plain: () => new PassThrough(),
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
  const decoder = decoders[part.packing ?? (await packingOf(file, part.start))](limit);
  const packed = createReadStream(file, { start: part.start, end: part.end - 1, highWaterMark: 1 << 18 });
  const stop = new AbortController();
  const piping = pipeline(packed, decoder, { signal: stop.signal }).catch((error) => decoder.destroy(error));
  let size = 0;
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > limit)
        throw new CooperError('archive-too-large', { what: `${file} unpacks to more than ${limit} bytes` });
      yield chunk;
    }
  } catch (error) {
    if (error instanceof CooperError) throw error;
    throw new CooperError('archive-corrupt', { what: `${file} cannot be unpacked`, cause: error });
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

/** The library's stream is one of the first kind that node had. */
function createBzip2Decoder(): Transform {
  const inner = unbzip2();
  const outer = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      attempt(done, () => inner.write(chunk));
    },
    flush(done) {
      inner.once('end', () => done());
      inner.once('error', (error: Error) => done(error));
      inner.end();
    },
  });
  inner.on('data', (data: Buffer) => outer.push(data));
  inner.once('error', (error: Error) => outer.destroy(error));
  return outer;
}

/** Frames of zstd, also several; what the addon reads has to say its size, which frames of others need not. */
function createZstdDecoder(): Transform {
  const inner = new Decompress();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      inner.ondata = (data) => this.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      attempt(done, () => inner.push(chunk));
    },
    flush(done) {
      attempt(done, () => inner.push(new Uint8Array(), true));
    },
  });
}

function attempt(done: (error?: Error) => void, work: () => void): void {
  try {
    work();
    done();
  } catch (error) {
    done(error as Error);
  }
}
