// npm run bench -- NAME [--only WHAT] [--runs N] [--json]: runs one benchmark and prints its figures; with --json the last
// line of standard output is one document of all results. Progress goes to standard error.

import { parseArgs } from 'node:util';
import { machine } from './measured.ts';
import { type Benchmark, resultTable } from './result.ts';

// Loaded when asked for: a benchmark may need what another does not.
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  build: async () => (await import('./build.ts')).buildBenchmark,
  image: async () => (await import('./image.ts')).imageBenchmark,
  create: async () => (await import('./create.ts')).createBenchmark,
  tree: async () => (await import('./tree.ts')).treeBenchmark,
};

const usage = `usage: npm run bench -- NAME [--only WHAT] [--runs N] [--json]\nbenchmarks: ${Object.keys(benchmarks).join(', ')}\n`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, runs: { type: 'string', default: '3' }, json: { type: 'boolean' } },
  });
  const [name, ...more] = positionals;
  const load = Object.hasOwn(benchmarks, name ?? '') ? benchmarks[name ?? ''] : undefined;
  const runs = Number(values.runs);
  if (load === undefined || more.length > 0 || !Number.isInteger(runs) || runs < 1) {
    process.stderr.write(usage);
    return 2;
  }
  const benchmark = await load();
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  tell(machine());
  const results = await benchmark({ ...(values.only === undefined ? {} : { only: values.only }), runs, tell });
  if (results.length === 0) {
    process.stderr.write(`nothing matches --only ${values.only}\n`);
    return 2;
  }
  process.stdout.write(values.json === true ? `${JSON.stringify({ results })}\n` : resultTable(results));
  return 0;
}

process.exitCode = await main();
