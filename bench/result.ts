// The figures of a benchmark: the one form in which every benchmark gives them, and how they are shown.

import type { Cost } from './measured.ts';

/** One comparison. `ratio` is ours ÷ peer: below 1 we need less. Seconds, bytes, or units per second for a rate. */
export interface Result {
  /** What was measured: `build/mini/ext4`. */
  readonly name: string;
  readonly figure: 'cpu' | 'wall' | 'bytes' | 'rate';
  /** The peer. */
  readonly against: string;
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
}

/** What a benchmark is told. */
export interface BenchOptions {
  /** Only results whose name contains this. */
  readonly only?: string;
  /** Measured runs of each side. */
  readonly runs: number;
  /** Progress, for people. */
  readonly tell: (line: string) => void;
}

/** A benchmark: measures and gives its comparisons. */
export type Benchmark = (options: BenchOptions) => Promise<readonly Result[]>;

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** CPU and wall time of ours against one peer. */
export function compareCosts(name: string, against: string, ours: Cost, peer: Cost): readonly Result[] {
  return (['cpu', 'wall'] as const).map((figure) => ({
    name,
    figure,
    against,
    ours: rounded(ours[figure]),
    peer: rounded(peer[figure]),
    ratio: rounded(ours[figure] / peer[figure]),
  }));
}

/** Bytes of ours against those of one peer. */
export function compareBytes(name: string, against: string, ours: number, peer: number): Result {
  return { name, figure: 'bytes', against, ours, peer, ratio: Math.round((ours / peer) * 10_000) / 10_000 };
}

/** A table of Markdown, ready for docs/benchmarks.md. */
export function resultTable(results: readonly Result[]): string {
  const rows = results.map(({ name, figure, against, ours, peer, ratio }) => [
    name,
    figure,
    against,
    figure === 'bytes' ? String(ours) : ours.toFixed(2),
    figure === 'bytes' ? String(peer) : peer.toFixed(2),
    shownRatio(ratio),
  ]);
  const table = [['benchmark', 'figure', 'against', 'ours', 'peer', 'ratio'], rows[0]?.map(() => '---') ?? [], ...rows];
  return table.map((row) => `| ${row.join(' | ')} |\n`).join('');
}

// Near one a thousandth matters: whether a file is larger or smaller than the peer's. Near zero two digits say nothing.
function shownRatio(ratio: number): string {
  return ratio.toFixed(ratio < 0.1 || Math.abs(ratio - 1) < 0.01 ? 3 : 2);
}
