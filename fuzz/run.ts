// Runs a target: one execution after the other, each from its own number. Knows what no execution may do, whatever it is about:
// take more memory than there was, or hang.

import { performance } from 'node:perf_hooks';
import { Random } from './random.ts';
import { Fault, type Outcome, type Target } from './target.ts';

/** What is run. */
export interface Plan {
  readonly seed: number;
  /** Number of the first execution. */
  readonly first: number;
  readonly executions: number;
  /** Seconds after which no execution begins. */
  readonly seconds?: number;
}

/** An execution that has failed. */
export interface Finding {
  readonly number: number;
  readonly input: Buffer;
  readonly error: unknown;
}

/** What came of it. */
export interface Report {
  readonly executions: number;
  readonly accepted: number;
  readonly seconds: number;
  /** Bytes of memory of this process at most, of the moments at which it was asked. */
  readonly memory: number;
  /** One for each message. */
  readonly findings: readonly Finding[];
}

const mostFindings = 20;
const mostMemory = 1.5 * 2 ** 30;
const mostSeconds = 10;
const between = 1024;

/** The input of one execution. */
export function inputOf(target: Target, seed: number, number: number): Buffer {
  return target.make(new Random(seed, number));
}

/** Runs all of it, or until there are twenty different findings. */
export async function fuzz(target: Target, plan: Plan): Promise<Report> {
  await target.prepare?.();
  const found = new Map<string, Finding>();
  let [accepted, memory, done] = [0, 0, 0];
  const begin = performance.now();
  const spent = () => (performance.now() - begin) / 1000;
  for (; done < plan.executions && found.size < mostFindings; done += 1) {
    if (done % between === 0) {
      memory = Math.max(memory, process.memoryUsage.rss());
      if (plan.seconds !== undefined && spent() >= plan.seconds) break;
    }
    const number = plan.first + done;
    const input = inputOf(target, plan.seed, number);
    const outcome = await execute(target, input);
    if (outcome === 'accepted') accepted += 1;
    else if (outcome !== 'refused') found.set(messageOf(outcome.error), { number, input, error: outcome.error });
    if (memory > mostMemory) found.set('memory', { number, input, error: new Fault(`${memory} bytes of memory`) });
  }
  return { executions: done, accepted, seconds: spent(), memory, findings: [...found.values()] };
}

/** One execution; an error is what it gives. */
export async function execute(target: Target, input: Buffer): Promise<Outcome | { readonly error: unknown }> {
  const begin = performance.now();
  try {
    const running = target.run(input);
    // Waiting for what is there already would cost more than the execution.
    const outcome = running instanceof Promise ? await running : running;
    const seconds = (performance.now() - begin) / 1000;
    return seconds <= mostSeconds ? outcome : { error: new Fault(`one execution takes ${seconds} s`) };
  } catch (error) {
    return { error };
  }
}

// Numbers aside, so that the same fault is told once.
function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .replaceAll(/\d+/g, '0')
    .slice(0, 60);
}
