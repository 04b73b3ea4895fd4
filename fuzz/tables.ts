// Segment tables for the fuzzer: right ones, of blocks alone or of frames as well, and what spoils them.

import { mostOfBlock } from '../image/segment/table.ts';
import type { Random } from './random.ts';
import { possibleIndexSizes, type TableInput } from './readings/table.ts';

type Segment = [size: number, offset: number, block: number, name: number, frame?: [offset: number, size: number]];

interface Table extends TableInput {
  tar: number;
  xz?: number;
  zst?: number;
  segments: Segment[];
}

/** Bytes of tar, of the block and of the frame. */
interface Piece {
  readonly size: number;
  readonly block: number;
  readonly frame: number | undefined;
}

/** A table; in half of the cases one that is right. */
export function anyTable(random: Random): TableInput {
  const framed = random.percent(60);
  const pieces = Array.from({ length: random.below(9) }, () => anyPiece(random, framed));
  if (random.percent(15)) misfit(random, pieces);
  const table = placed(random, pieces, framed);
  if (random.percent(50)) for (let left = random.few(3); left > 0; left -= 1) random.pick(spoilers)(random, table);
  return table;
}

function anyPiece(random: Random, framed: boolean): Piece {
  const size = random.pick([512, 1024, random.below(70_000) + 1, random.below(mostOfBlock) + 1, mostOfBlock]);
  const least = Math.ceil(size / 16_384) + 3;
  const block = Math.max(8, Math.ceil(random.pick([least, size, least + random.below(size + 2048)]) / 4) * 4);
  const most = size + Math.ceil(size / 1024) + 64;
  return { size, block, frame: framed ? random.pick([13, most, 13 + random.below(most - 12)]) : undefined };
}

/** One piece gets another size before its place is known, so that all places agree with it. */
function misfit(random: Random, pieces: Piece[]): void {
  const at = random.below(pieces.length);
  const piece = pieces[at];
  if (piece === undefined) return;
  const { size, block, frame } = piece;
  pieces[at] = random.pick([
    { size: near(random, size), block, frame },
    { size, block: near(random, block), frame },
    { size, block, frame: frame === undefined ? undefined : near(random, frame) },
    { size, block, frame: frame === undefined ? random.below(size) : undefined },
  ]);
}

function placed(random: Random, pieces: readonly Piece[], framed: boolean): Table {
  let [offset, frameOffset, tar] = [12, 0, 0];
  const segments = pieces.map(({ size, block, frame }): Segment => {
    const [blockAt, frameAt] = [offset, frameOffset];
    tar += size;
    offset += block;
    frameOffset += frame ?? 0;
    const name = random.below(12);
    return frame === undefined ? [size, blockAt, block, name] : [size, blockAt, block, name, [frameAt, frame]];
  });
  const index = random.pick(possibleIndexSizes(segments.map(([size, , block]) => [size, block])));
  const table = { tar, xz: offset + index + 12, segments, present: [random.below(12), random.below(12)] };
  // Without frames the file is nobody's business.
  if (framed) return { ...table, zst: frameOffset + 17 + 8 * segments.length };
  return random.percent(10) ? { ...table, zst: random.size() } : table;
}

function near(random: Random, value: number): number {
  return random.pick([
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
}

const spoilers: readonly ((random: Random, table: Table) => void)[] = [
  (random, table) => {
    table.tar = near(random, table.tar);
  },
  (random, table) => {
    if (random.percent(20)) delete table.xz;
    else table.xz = near(random, table.xz ?? 0);
  },
  (random, table) => {
    if (random.percent(20)) delete table.zst;
    else table.zst = near(random, table.zst ?? 0);
  },
  (random, table) => {
    const segment = anySegment(random, table);
    if (segment !== undefined) table.segments[random.below(table.segments.length)] = segment;
  },
  (random, table) => void table.segments.splice(random.below(table.segments.length), 1),
  (random, table) => {
    const segment = anySegment(random, table);
    const place = random.below(3);
    if (segment !== undefined) segment[place] = near(random, segment[place] as number);
  },
  (random, table) => {
    const frame = anySegment(random, table)?.[4];
    const place = random.below(2);
    if (frame !== undefined) frame[place] = near(random, frame[place] ?? 0);
  },
  otherFrame,
  shift,
];

function anySegment(random: Random, { segments }: Table): Segment | undefined {
  return segments[random.below(segments.length)];
}

/** The frame of another segment, or none. */
function otherFrame(random: Random, table: Table): void {
  const at = random.below(table.segments.length);
  const segment = table.segments[at];
  if (segment === undefined) return;
  const [size, offset, block, name] = segment;
  const frame = random.percent(50) ? undefined : anySegment(random, table)?.[4];
  table.segments[at] = frame === undefined ? [size, offset, block, name] : [size, offset, block, name, frame];
}

/** From one segment on, blocks or frames begin later or earlier, and the file ends there. */
function shift(random: Random, table: Table): void {
  const by = random.pick([1, -1, 4, -4, 8, -8]);
  const frames = random.percent(50);
  for (const segment of table.segments.slice(random.below(table.segments.length))) {
    if (!frames) segment[1] += by;
    else if (segment[4] !== undefined) segment[4] = [segment[4][0] + by, segment[4][1]];
  }
  if (frames) table.zst = (table.zst ?? 0) + by;
  else table.xz = (table.xz ?? 0) + by;
}
