// Segment tables: tableFault beside a second judgement, and missingBlocks of what is accepted. An input is JSON, as it stands in
// image.json: the sizes of the tar and of the file, the segments, and blocks that somebody has.

import { missingBlocks } from '../../image/segment/difference.ts';
import type { SegmentPlace } from '../../image/segment/read-segments.ts';
import { mostOfBlock, tableFault } from '../../image/segment/table.ts';
import { encodeIndex } from '../../image/xz/block-index.ts';
import { readLayout } from '../../image/xz/container.ts';
import { encodeStreamFooter, encodeStreamHeader } from '../../image/xz/stream-frame.ts';
import type { Sha256 } from '../../keys/index.ts';
import type { Random } from '../random.ts';
import { possibleIndexSizes, reasonAgainst } from '../readings/table.ts';
import { ensure, type Outcome, type Target } from '../target.ts';

/** A table as an input has it. */
export interface TableInput {
  readonly tar: number;
  readonly file: number;
  /** Bytes of tar, offset and bytes of the block, name of the block. */
  readonly segments: readonly (readonly [size: number, offset: number, block: number, name: number])[];
  readonly present: readonly number[];
}

/** The target. */
export const segmentTable: Target = {
  about: 'segment tables of image.json, and what a client lacks of them',
  make,
  run,
};

function make(random: Random): Buffer {
  let [offset, tar] = [12, 0];
  const segments = Array.from({ length: random.below(9) }, (): [number, number, number, number] => {
    const size = random.pick([512, 1024, random.below(70_000) + 1, random.below(mostOfBlock) + 1, mostOfBlock]);
    const least = Math.ceil(size / 16_384) + 3;
    const block = Math.max(8, Math.ceil(random.pick([least, size, least + random.below(size + 2048)]) / 4) * 4);
    tar += size;
    offset += block;
    return [size, offset - block, block, random.below(12)];
  });
  const index = random.pick(possibleIndexSizes(segments.map(([size, , block]) => [size, block])));
  const table = { tar, file: offset + index + 12, segments, present: [random.below(12), random.below(12)] };
  if (random.percent(60)) spoil(random, table);
  return Buffer.from(JSON.stringify(table));
}

function spoil(
  random: Random,
  table: { tar: number; file: number; segments: [number, number, number, number][] },
): void {
  for (let left = random.few(3); left > 0; left -= 1) {
    const near = (value: number) =>
      random.pick([
        value + 1,
        value - 1,
        value + 4,
        value - 4,
        value * 2,
        random.size(),
        -value,
        value + 0.5,
        1e300,
        0,
      ]);
    const [one, other] = [random.below(table.segments.length), random.below(table.segments.length)];
    const segment = table.segments[one];
    switch (random.below(5)) {
      case 0:
        table.tar = near(table.tar);
        break;
      case 1:
        table.file = near(table.file);
        break;
      case 2:
        if (segment !== undefined) table.segments[other] = segment;
        break;
      case 3:
        table.segments.splice(one, 1);
        break;
      default: {
        const place = random.below(3);
        if (segment !== undefined) segment[place] = near(segment[place] ?? 0);
      }
    }
  }
}

async function run(input: Buffer): Promise<Outcome> {
  const table = parsed(input);
  if (table === undefined) return 'refused';
  const { tar, file, present } = table;
  const segments = table.segments.map(([size, offset, block, name]): SegmentPlace => {
    const sha256 = `block ${name}` as Sha256;
    return { size, sha256, block: { offset, size: block, sha256 } };
  });
  const fault = tableFault({ rootfs: { size: tar, segments }, files: { 'rootfs.tar.xz': { size: file } } });
  const reason = reasonAgainst(table);
  ensure((fault === undefined) === (reason === undefined), `Cooper says "${fault}", the second judgement "${reason}"`);
  if (fault !== undefined) return 'refused';
  checkMissing(segments, present);
  await checkFile(table);
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
async function checkFile({ file, segments }: TableInput): Promise<void> {
  const end = segments.reduce((sum, [, , block]) => sum + block, 12);
  const records = segments.map(([uncompressedSize, , block]) => ({ unpaddedSize: block, uncompressedSize }));
  // Padding makes the index shorter, where it does.
  for (const record of records) if (encodeIndex(records).length > file - end - 12) record.unpaddedSize -= 3;
  const index = encodeIndex(records);
  const bytes = [encodeStreamHeader('crc64'), index, encodeStreamFooter('crc64', index.length)];
  const read = (offset: number) => bytes[offset === 0 ? 0 : offset === end ? 1 : 2] ?? Buffer.alloc(0);
  const { blocks } = await readLayout(read, file);
  const places = blocks.map(({ offset, size, uncompressedSize }) => [uncompressedSize, offset, size]);
  ensure(places.join() === segments.map((segment) => segment.slice(0, 3)).join(), 'a file has its blocks elsewhere');
}
