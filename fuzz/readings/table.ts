// A second judgement of segment tables: every rule of docs/SEGMENTS.md by itself over the whole table, on integers of any size,
// where image/segment/table.ts goes through it once and stops.

/** A table, as an input of the fuzzer has it. */
export interface TableInput {
  readonly tar: number;
  /** Bytes of rootfs.tar.xz, where it is among the files. */
  readonly xz?: number | undefined;
  /** Of rootfs.tar.zst. */
  readonly zst?: number | undefined;
  /** Bytes of tar, offset and bytes of the block, name of the block; offset and bytes of the frame. */
  readonly segments: readonly (readonly [
    size: number,
    offset: number,
    block: number,
    name: number,
    frame?: readonly [offset: number, size: number],
  ])[];
  /** Names of blocks that somebody has. */
  readonly present: readonly number[];
}

type Sizes = readonly (readonly [tar: number, block: number])[];

/** All that the index of such blocks can take, in bytes: each block may be three bytes shorter than its place. */
export function possibleIndexSizes(sizes: Sizes): number[] {
  const fixed = sizes.reduce((sum, [tar, block]) => sum + bytesOf(tar) + bytesOf(block - 3), 1 + bytesOf(sizes.length));
  const gains = sizes.filter(([, block]) => bytesOf(block) > bytesOf(block - 3)).length;
  const lengths = Array.from({ length: gains + 1 }, (_, gain) => fixed + gain + ((-fixed - gain) & 3) + 4);
  return [...new Set(lengths)];
}

/** Bytes of a multibyte integer: seven bits each. */
function bytesOf(value: number): number {
  return value < 128 ? 1 : Math.ceil(value.toString(2).length / 7);
}

type Rules = readonly (readonly [rule: string, kept: boolean])[];

const firstBroken = (rules: Rules) => rules.find(([, kept]) => !kept)?.[0];

const isSize = (value: number | undefined) => value !== undefined && Number.isSafeInteger(value) && value >= 0;

/** Which rule is broken, or undefined. */
export function reasonAgainst(table: TableInput): string | undefined {
  return reasonAgainstBlocks(table) ?? reasonAgainstFrames(table);
}

function reasonAgainstBlocks({ tar, xz, segments }: TableInput): string | undefined {
  const numbers = [tar, xz, ...segments.flatMap((segment) => segment.slice(0, 3) as number[])];
  if (xz === undefined || !numbers.every(isSize)) return 'no sizes';
  const big = segments.map(([size, offset, block]) => ({
    size: BigInt(size),
    offset: BigInt(offset),
    block: BigInt(block),
  }));
  const ends = [12n, ...big.map(({ offset, block }) => offset + block)];
  const rest = BigInt(xz) - (ends.at(-1) ?? 12n) - 12n;
  const possible = possibleIndexSizes(segments.map(([size, , block]) => [size, block]));
  return firstBroken([
    ['number', segments.length <= 65_536],
    ['pieces', big.every(({ size }) => size >= 1n && size <= 32n << 20n)],
    ['sum', big.reduce((sum, { size }) => sum + size, 0n) === BigInt(tar)],
    ['order', big.every(({ offset }, at) => offset === ends[at])],
    ['multiples of four', big.every(({ block }) => block % 4n === 0n)],
    ['too short', big.every(({ size, block }) => block >= 8n && (block - 3n) * 16_384n >= size)],
    ['too long', big.every(({ size, block }) => block <= size + (size + 1023n) / 1024n + 2048n)],
    ['index', possible.some((size) => BigInt(size) === rest)],
  ]);
}

/** Of tables without frames nothing is asked. */
function reasonAgainstFrames({ zst, segments }: TableInput): string | undefined {
  const frames = segments.flatMap(([tar, , , , frame]) => (frame === undefined ? [] : [[tar, ...frame] as const]));
  if (frames.length === 0) return undefined;
  if (frames.length !== segments.length) return 'some frames';
  if (zst === undefined || ![zst, ...frames.flat()].every(isSize)) return 'no sizes of frames';
  const big = frames.map(([tar, offset, size]) => ({ tar: BigInt(tar), offset: BigInt(offset), size: BigInt(size) }));
  const ends = [0n, ...big.map(({ offset, size }) => offset + size)];
  return firstBroken([
    ['order of frames', big.every(({ offset }, at) => offset === ends[at])],
    // Magic number, descriptor, one byte of size, one block without content, checksum.
    ['frame too short', big.every(({ size }) => size >= 4n + 1n + 1n + 3n + 4n)],
    ['frame too long', big.every(({ tar, size }) => size <= tar + (tar + 1023n) / 1024n + 64n)],
    ['seek table', BigInt(zst) === (ends.at(-1) ?? 0n) + 8n + 8n * BigInt(frames.length) + 9n],
  ]);
}
