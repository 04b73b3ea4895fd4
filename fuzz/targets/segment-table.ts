// Segment tables: tableFault beside a second judgement, and missingBlocks of what is accepted. An input is JSON, as it stands in
// image.json: the sizes of the tar and of the files, the segments, and blocks that somebody has.

import { missingBlocks } from '../../image/segment/difference.ts';
import type { SegmentPlace } from '../../image/segment/read-segments.ts';
import { type TableSegment, tableFault } from '../../image/segment/table.ts';
import { encodeIndex } from '../../image/xz/block-index.ts';
import { readLayout } from '../../image/xz/container.ts';
import { encodeStreamFooter, encodeStreamHeader } from '../../image/xz/stream-frame.ts';
import { encodeSeekTable, readFrames } from '../../image/zstd/seek-table.ts';
import type { Sha256 } from '../../keys/index.ts';
import { readerOf } from '../file-ends.ts';
import type { Random } from '../random.ts';
import { reasonAgainst, type TableInput } from '../readings/table.ts';
import { anyTable } from '../tables.ts';
import { ensure, type Outcome, type Target } from '../target.ts';

/** The target. */
export const segmentTable: Target = {
  about: 'segment tables of image.json, and what a client lacks of them',
  make,
  run,
};

function make(random: Random): Buffer {
  return Buffer.from(JSON.stringify(anyTable(random)));
}

async function run(input: Buffer): Promise<Outcome> {
  const table = parsed(input);
  if (table === undefined) return 'refused';
  const { tar, xz, zst, present } = table;
  const segments = table.segments.map(([size, offset, block, name, frame]): SegmentPlace & TableSegment => {
    const sha256 = `block ${name}` as Sha256;
    const place = { size, sha256, block: { offset, size: block, sha256 } };
    return frame === undefined ? place : { ...place, frame: { offset: frame[0], size: frame[1] } };
  });
  const files = {
    ...(xz === undefined ? {} : { 'rootfs.tar.xz': { size: xz } }),
    ...(zst === undefined ? {} : { 'rootfs.tar.zst': { size: zst } }),
  };
  const fault = tableFault({ rootfs: { size: tar, segments }, files });
  const reason = reasonAgainst(table);
  ensure((fault === undefined) === (reason === undefined), `Cooper says "${fault}", the second judgement "${reason}"`);
  if (fault !== undefined) return 'refused';
  checkMissing(segments, present);
  await checkXz(table);
  await checkZst(table);
  return 'accepted';
}

function parsed(input: Buffer): TableInput | undefined {
  try {
    return JSON.parse(input.toString()) as TableInput;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What is missing and what is there are all segments, and their bytes are those of the file. */
function checkMissing(segments: readonly SegmentPlace[], present: readonly number[]): void {
  const there = segments.filter(({ block }) => present.some((name) => block.sha256 === `block ${name}`));
  const missing = missingBlocks(segments, there);
  ensure(missing.segments.length + there.length === segments.length, 'a block is neither there nor missing');
  ensure(
    missing.segments.every((segment) => !there.includes(segment)),
    'a block is missing and there',
  );
  const all = missingBlocks(segments, []).bytes;
  const last = segments.at(-1);
  ensure(
    all === (last === undefined ? 0 : last.block.offset + last.block.size - 12),
    'the blocks are not all of the file',
  );
  ensure(missing.bytes <= all && missingBlocks(segments, segments).bytes === 0, 'more is missing than there is');
}

/** For a table that is accepted there is a file, whose index says the same. */
async function checkXz({ xz = 0, segments }: TableInput): Promise<void> {
  const end = segments.reduce((sum, [, , block]) => sum + block, 12);
  const records = segments.map(([uncompressedSize, , block]) => ({ unpaddedSize: block, uncompressedSize }));
  // Padding makes the index shorter, where it does.
  for (const record of records) if (encodeIndex(records).length > xz - end - 12) record.unpaddedSize -= 3;
  const index = encodeIndex(records);
  const head = encodeStreamHeader('crc64');
  const tail = Buffer.concat([index, encodeStreamFooter('crc64', index.length)]);
  const { blocks } = await readLayout(readerOf({ head, tail, size: xz }, tail.length), xz);
  const places = blocks.map(({ offset, size, uncompressedSize }) => [uncompressedSize, offset, size]);
  ensure(places.join() === segments.map((segment) => segment.slice(0, 3)).join(), 'a file has its blocks elsewhere');
}

/** And one of frames, where it has them. */
async function checkZst({ zst = 0, segments }: TableInput): Promise<void> {
  const frames = segments.flatMap(([uncompressedSize, , , , frame]) =>
    frame === undefined ? [] : [{ offset: frame[0], size: frame[1], uncompressedSize }],
  );
  if (frames.length === 0) return;
  const tail = encodeSeekTable(frames);
  const places = await readFrames(readerOf({ head: Buffer.alloc(0), tail, size: zst }, tail.length), zst);
  const said = [places, frames].map((list) => list.flatMap((each) => [each.offset, each.size, each.uncompressedSize]));
  ensure(said[0]?.join() === said[1]?.join(), 'a file has its frames elsewhere');
}
