// Runs one command and says what it cost: wall-clock and CPU seconds of it and of all its descendants that were waited
// for. Refuses to measure a command that fails.

import { spawn } from 'node:child_process';
import { cpus } from 'node:os';

/** What one run of a command cost, in seconds. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** A command to measure. */
export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Exit status of a run that counts; 0 unless told otherwise. */
  readonly status?: number;
}

// The shell waits for the command; its times are those of everything below it (getrusage(2), RUSAGE_CHILDREN).
const timed = `TIMEFORMAT='%3R %3U %3S'; { time "$@" 3>&- >/dev/null 2>&4 4>&-; } 2>&3; exit $?`;

/** Measures one run. Throws an Error with the end of what the command said when it ends with another status. */
export async function measure({ argv, env = {}, status = 0 }: Command): Promise<Cost> {
  const child = spawn('bash', ['-c', timed, 'bash', ...argv], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
  });
  const [times, said] = await Promise.all([text(child.stdio[3]), text(child.stdio[4]), ended(child)]);
  if (child.exitCode !== status) {
    throw new Error(`${argv[0]} ended with status ${child.exitCode}\n${said.split('\n').slice(-20).join('\n')}`);
  }
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = times.trim().split(/\s+/).slice(-3).map(Number);
  return { wall, cpu: user + system };
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

async function text(stream: unknown): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** One side of a comparison: `prepare` runs before each run and is not measured. */
export interface Contender {
  readonly name: string;
  readonly prepare?: () => void | Promise<void>;
  readonly command: () => Command;
}

/** What contenders cost in the middle, by name; NaN for one that did not take part. */
export interface Medians {
  readonly of: (name: string) => Cost;
}

/**
 * Measures the contenders turn by turn, so that what else happens on the machine hits all of them alike; the first turn
 * warms caches and does not count. Without `warmUp` there is none: for what takes minutes of CPU.
 */
export async function interleave(
  contenders: readonly Contender[],
  runs: number,
  tell: (line: string) => void,
  { warmUp = true }: { readonly warmUp?: boolean } = {},
): Promise<Medians> {
  const costs = new Map<string, Cost[]>(contenders.map(({ name }) => [name, []]));
  for (let turn = warmUp ? 0 : 1; turn <= runs; turn += 1) {
    for (const contender of contenders) {
      await contender.prepare?.();
      const cost = await measure(contender.command());
      tell(
        `${turn === 0 ? 'warm-up' : `run ${turn}`} ${contender.name}: ${cost.cpu.toFixed(2)} s CPU, ${cost.wall.toFixed(2)} s`,
      );
      if (turn > 0) costs.get(contender.name)?.push(cost);
    }
  }
  return {
    of: (name) => {
      const all = costs.get(name) ?? [];
      return { wall: median(all.map(({ wall }) => wall)), cpu: median(all.map(({ cpu }) => cpu)) };
    },
  };
}

/** Of several commands. */
export function sum(costs: readonly Cost[]): Cost {
  return { wall: total(costs.map(({ wall }) => wall)), cpu: total(costs.map(({ cpu }) => cpu)) };
}

function total(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** The machine in a few words, for whoever reads the figures. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`;
}
