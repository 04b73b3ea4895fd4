// What the comparisons of trees share: where they work, and a clock for what runs in this process.

import { type Cost, median } from '../measured.ts';
import type { BenchOptions } from '../result.ts';

/** `folder`: of one run; gone afterwards. */
export interface TreeBed {
  readonly folder: string;
  readonly options: BenchOptions;
}

/** Something to do, by name. */
export interface Work {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Does the works turn by turn, after a turn that does not count; gives the medians of what each cost in this process. */
export async function inTurns(
  works: readonly Work[],
  { runs, tell }: BenchOptions,
): Promise<ReadonlyMap<string, Cost>> {
  const costs = new Map<string, Cost[]>(works.map(({ name }) => [name, []]));
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const { name, run } of works) {
      const [cpu, begun] = [process.cpuUsage(), performance.now()];
      await run();
      const [used, wall] = [process.cpuUsage(cpu), (performance.now() - begun) / 1000];
      tell(`${turn === 0 ? 'warm-up' : `run ${turn}`} ${name}: ${wall.toFixed(3)} s`);
      if (turn > 0) costs.get(name)?.push({ wall, cpu: (used.user + used.system) / 1e6 });
    }
  }
  return new Map(
    [...costs].map(([name, all]) => [
      name,
      { wall: median(all.map(({ wall }) => wall)), cpu: median(all.map(({ cpu }) => cpu)) },
    ]),
  );
}
