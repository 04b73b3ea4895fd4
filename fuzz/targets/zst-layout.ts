// Where the frames of a zstd file stand: readFrames beside the second reading of the format. Frames are not looked at, so that an
// input has none: it is the size of the file (64 bits, little endian) and its end.

import {
  encodeSeekTable,
  type FramePlace,
  mostFrames,
  readFrames,
  seekTableSize,
} from '../../image/zstd/seek-table.ts';
import { claim, claimBytes, readerOf } from '../file-ends.ts';
import { changed } from '../mutate.ts';
import type { Random } from '../random.ts';
import { readSeekTable } from '../readings/zst.ts';
import { archiveCodes, ensure, type Outcome, type Target, throwUnlessRefusal } from '../target.ts';

const head = Buffer.alloc(0);

/** The target. */
export const zstLayout: Target = {
  about: 'seek tables of whole zstd files',
  make,
  run,
};

function make(random: Random): Buffer {
  const frames = Array.from({ length: random.below(7) }, () => ({
    size: random.size() % 2 ** 32,
    uncompressedSize: random.size() % 2 ** 32,
  }));
  let tail: Buffer = encodeSeekTable(frames);
  if (random.percent(15)) tail = miscounted(random, tail);
  if (random.percent(35)) tail = changed(random, tail);
  const bytes = random.percent(50) ? mended(tail) : frames.reduce((sum, { size }) => sum + size, 0);
  const size = random.percent(92) ? bytes + tail.length : random.pick([random.size(), bytes + tail.length + 1]);
  return Buffer.concat([claim(size), tail]);
}

/** With another number of frames, other bytes before its foot, or another kind. */
function miscounted(random: Random, tail: Buffer): Buffer {
  const foot = Buffer.from(tail.subarray(-9));
  const counts = [mostFrames, mostFrames + 1, 2 ** 32 - 1, random.below(9), random.size() % 2 ** 32];
  switch (random.below(3)) {
    case 0:
      foot.writeUInt32LE(random.pick(counts), 0);
      return Buffer.concat([tail.subarray(0, -9), foot]);
    case 1:
      return Buffer.concat([tail.subarray(0, -9), random.bytes(random.below(17)), foot]);
    default:
      foot.writeUInt8(2 ** random.below(8), 4);
      return Buffer.concat([tail.subarray(0, -9), foot]);
  }
}

/** Makes head and foot right for so many bytes of entries; gives the bytes of the frames. */
function mended(tail: Buffer): number {
  const count = Math.floor((tail.length - 17) / 8);
  if (count < 0) return 0;
  tail.writeUInt32LE(tail.length - 8, 4);
  tail.writeUInt32LE(count, tail.length - 9);
  return Array.from({ length: count }, (_, at) => tail.readUInt32LE(8 + 8 * at)).reduce((sum, size) => sum + size, 0);
}

async function run(input: Buffer): Promise<Outcome> {
  if (input.length < claimBytes) return 'refused';
  const claimed = input.readBigUInt64LE(0);
  const [size, tail] = [Number(claimed), input.subarray(claimBytes)];
  const found = await readFrames(readerOf({ head, tail, size }, seekTableSize(mostFrames)), size).catch(
    (error: unknown) => throwUnlessRefusal(archiveCodes, error),
  );
  const reading = readSeekTable(tail, claimed);
  ensure(
    (found === undefined) === (reading === undefined),
    `Cooper ${found ? 'accepts' : 'refuses'}, the second reading does not`,
  );
  if (found === undefined || reading === undefined) return 'refused';
  const sizes = found.map((frame) => [BigInt(frame.size), BigInt(frame.uncompressedSize)]);
  ensure(sizes.flat().join() === reading.flat().join(), 'other frames');
  const table = encodeSeekTable(found);
  ensure(tail.subarray(-table.length).equals(table), 'its end written again is not the same');
  checkPlaces(found, size - table.length);
  return 'accepted';
}

/** Frames follow one another and end where the table begins. */
function checkPlaces(places: readonly FramePlace[], end: number): void {
  let offset = 0;
  for (const place of places) {
    ensure(place.offset === offset, 'a frame is not where the one before it ends');
    offset += place.size;
  }
  ensure(offset === end, 'the frames are not all of the file');
}
