// Gives the data of an archive segment by segment, in order, while its blocks arrive: several are decoded at once, in memory that
// is bounded whatever the archive. Every segment is compared with the table before it is given out.

import { CooperError } from '../../errors/index.ts';
import type { Encoding } from './encoding.ts';
import { inOrder } from './in-order.ts';
import { Rooms } from './rooms.ts';
import type { Segment } from './segment.ts';

/** What it takes to read a segment of an archive. */
export type SegmentPlace = Pick<Segment, 'size' | 'sha256' | 'block'>;

/** What is read. */
export interface SegmentReading extends Pick<Encoding, 'decode'> {
  readonly segments: readonly SegmentPlace[];
  /** Fills the room from there on; gives what came, which is less where the file ends. */
  readonly read: (room: Buffer, offset: number) => Buffer;
}

/**
 * Bytes of data that are decoded, or being decoded, and not yet taken. Two processors are kept busy beside all but the largest blocks,
 * which have 32 MiB, also while what they gave is used up; twice that took 60 MB more and won no time (docs/benchmarks.md).
 */
const mostAhead = 40 * 2 ** 20;

/**
 * Data of the segments; each is valid until the next one is asked for. `arrived` tells how many blocks, from the first one on, can
 * be read. Throws `archive-corrupt` for a block that is damaged, `digest-mismatch` for a segment that is not what the table says
 * or never arrives.
 */
export async function* readSegments(reading: SegmentReading, arrived: AsyncIterable<number>): AsyncGenerator<Buffer> {
  const { segments } = reading;
  const rooms = new Rooms();
  let given = 0;
  const decoded = inOrder(asTheyCome(segments, arrived), { most: mostAhead, weigh: ({ size }) => size }, (segment) =>
    readSegment(reading, rooms, segment),
  );
  for await (const data of decoded) {
    given += 1;
    yield data;
    rooms.give(data);
  }
  if (given < segments.length) throw mismatch(`has ${given} of its ${segments.length} segments`);
}

async function* asTheyCome(
  segments: readonly SegmentPlace[],
  arrived: AsyncIterable<number>,
): AsyncGenerator<SegmentPlace> {
  let given = 0;
  for await (const count of arrived) {
    yield* segments.slice(given, count);
    given = count;
    // What feeds an archive that is whole has nothing more to say.
    if (given >= segments.length) return;
  }
}

async function readSegment(
  { read, decode }: SegmentReading,
  { take, give }: Rooms,
  { size, sha256, block }: SegmentPlace,
): Promise<Buffer> {
  const room = take(block.size);
  const decoded = await decode(read(room, block.offset), size, take);
  give(room);
  if (decoded.sha256 === sha256) return decoded.data;
  throw mismatch(`holds other bytes than were signed, from byte ${block.offset} on`);
}

function mismatch(what: string): CooperError {
  return new CooperError('digest-mismatch', { what: `the root filesystem ${what}` });
}
