// npm run fuzz -- [TARGET] [--runs N] [--seed S] [--minutes M] [--number K | --input HEX]: runs one target or all of them. What
// fails is printed with its number and bytes; either runs it again. Exits with 1 when something was found.

import { parseArgs } from 'node:util';
import { execute, type Finding, fuzz, inputOf, type Report } from './run.ts';
import { Fault, type Target } from './target.ts';
import { targets } from './targets.ts';

const usage = `usage: npm run fuzz -- [TARGET] [--runs N] [--seed S] [--minutes M] [--number K | --input HEX]
targets:
${[...targets].map(([name, { about }]) => `  ${name.padEnd(14)} ${about}\n`).join('')}`;

const options = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  minutes: { type: 'string' },
  number: { type: 'string' },
  input: { type: 'string' },
} as const;

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

const usualRuns = 1e7;

/** Longer inputs are shown by their number alone. */
const mostShown = 4096;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [name, ...more] = positionals;
  const counts = [values.runs, values.seed, values.minutes, values.number].map((text) => Number(text ?? '0'));
  const chosen = name === undefined ? [...targets] : [...targets].filter(([each]) => each === name);
  const single = values.number !== undefined || values.input !== undefined;
  const sound = counts.every((count) => Number.isFinite(count) && count >= 0) && more.length === 0;
  if (!sound || chosen.length === 0 || (single && name === undefined)) {
    process.stderr.write(usage);
    return 2;
  }
  const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed);
  let faults = 0;
  for (const [title, target] of chosen) {
    if (values.input !== undefined) faults += await again(target, Buffer.from(values.input, 'hex'));
    else if (values.number !== undefined) faults += await again(target, undefined, seed, Number(values.number));
    else {
      const executions = Number(values.runs ?? usualRuns);
      const limit = values.minutes === undefined ? {} : { seconds: Number(values.minutes) * 60 };
      tell(`${title}: seed ${seed}, ${executions} executions`);
      // Making a stack costs more than most executions; `again` shows it.
      Error.stackTraceLimit = 0;
      const report = await fuzz(target, { seed, first: 0, executions, ...limit });
      faults += show(title, seed, report);
    }
  }
  return faults === 0 ? 0 : 1;
}

function show(title: string, seed: number, { executions, accepted, seconds, memory, findings }: Report): number {
  const rate = Math.round(executions / seconds);
  const share = ((100 * accepted) / executions).toFixed(1);
  tell(
    `  ${executions} in ${seconds.toFixed(1)} s: ${rate} a second, ${share} % accepted, ${Math.round(memory / 2 ** 20)} MiB`,
  );
  for (const { number, input, error } of findings) showFinding(title, seed, { number, input, error });
  tell(`  ${findings.length} different faults`);
  return findings.length;
}

function showFinding(title: string, seed: number, { number, input, error }: Finding): void {
  tell(`  fault: ${error instanceof Fault ? error.message : String(error)}`);
  tell(`    again: npm run fuzz -- ${title} --seed ${seed} --number ${number}`);
  if (input.length <= mostShown) tell(`    input: ${input.toString('hex')}`);
}

/** One execution, with the stack of what fails. */
async function again(target: Target, input: Buffer | undefined, seed = 0, number = 0): Promise<number> {
  await target.prepare?.();
  const outcome = await execute(target, input ?? inputOf(target, seed, number));
  if (typeof outcome === 'string') tell(outcome);
  else tell(outcome.error instanceof Error ? (outcome.error.stack ?? outcome.error.message) : String(outcome.error));
  return typeof outcome === 'string' ? 0 : 1;
}

process.exitCode = await main();
