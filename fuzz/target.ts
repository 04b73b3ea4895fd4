// What is fuzzed: a target makes inputs and judges what the code under test does with one. An input is bytes, so that one that
// fails can be kept and run again.

import { CooperError, type ErrorCode } from '../errors/index.ts';
import type { Random } from './random.ts';

/** One target. `make` and `run` depend on their arguments alone. */
export interface Target {
  /** What it takes, in a line. */
  readonly about: string;
  /** Makes what inputs begin with; called once, before the others. */
  prepare?(): Promise<void>;
  /** An input: something valid, changed. */
  make(random: Random): Buffer;
  /** Throws what is wrong; gives whether the input was accepted. */
  run(input: Buffer): Outcome | Promise<Outcome>;
}

/** What became of an input. Both have to occur in a run. */
export type Outcome = 'accepted' | 'refused';

/** The code under test has done what it must not. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/** Throws a `Fault` unless `truth`. */
export function ensure(truth: boolean, otherwise: string): asserts truth {
  if (!truth) throw new Fault(otherwise);
}

/** What `work` gives, or undefined when it refuses with one of these errors; every other error passes. */
export function refusable<T>(codes: ReadonlySet<ErrorCode>, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    throwUnlessRefusal(codes, error);
    return undefined;
  }
}

/** Passes an error on unless it is a refusal with one of these codes. */
export function throwUnlessRefusal(codes: ReadonlySet<ErrorCode>, error: unknown): void {
  if (!(error instanceof CooperError && codes.has(error.code))) throw error;
}

/** How readers of archives refuse. */
export const archiveCodes: ReadonlySet<ErrorCode> = new Set([
  'archive-corrupt',
  'archive-unsupported',
  'archive-too-large',
]);
