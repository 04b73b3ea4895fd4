// A second judgement of segment tables: every rule of docs/SEGMENTS.md by itself over the whole table, on integers of any size,
// where image/segment/table.ts goes through it once and stops.

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

/** Which rule is broken, or undefined. */
export function reasonAgainst(table: {
  readonly tar: number;
  readonly file: number;
  readonly segments: readonly (readonly [size: number, offset: number, block: number, name: number])[];
}): string | undefined {
  const { tar, file, segments } = table;
  const numbers = [tar, file, ...segments.flatMap((segment) => segment.slice(0, 3))];
  if (!numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) return 'no sizes';
  const big = segments.map(([size, offset, block]) => ({
    size: BigInt(size),
    offset: BigInt(offset),
    block: BigInt(block),
  }));
  const ends = [12n, ...big.map(({ offset, block }) => offset + block)];
  const rules: readonly [string, boolean][] = [
    ['number', segments.length <= 65_536],
    ['pieces', big.every(({ size }) => size >= 1n && size <= 32n << 20n)],
    ['sum', big.reduce((sum, { size }) => sum + size, 0n) === BigInt(tar)],
    ['order', big.every(({ offset }, at) => offset === ends[at])],
    ['multiples of four', big.every(({ block }) => block % 4n === 0n)],
    ['too short', big.every(({ size, block }) => block >= 8n && (block - 3n) * 16_384n >= size)],
    ['too long', big.every(({ size, block }) => block <= size + (size + 1023n) / 1024n + 2048n)],
  ];
  const broken = rules.find(([, kept]) => !kept);
  if (broken !== undefined) return broken[0];
  const rest = BigInt(file) - (ends.at(-1) ?? 12n) - 12n;
  const possible = possibleIndexSizes(segments.map(([size, , block]) => [size, block]));
  return possible.some((size) => BigInt(size) === rest) ? undefined : 'index';
}
