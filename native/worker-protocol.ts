// What a worker and its starter say to each other on fd 3: one JSON value a line. Both ends are files of this
// folder and of the same version, so that the values are not checked again. Pure.

import { CooperError, type ErrorCode, errorTable } from '../errors/index.ts';

/** One line of a worker's answer. The last one is `done`, `refused` (a CooperError) or `crashed` (anything else). */
export type WorkerLine =
  | { readonly kind: 'message'; readonly value: unknown }
  | { readonly kind: 'done'; readonly value: unknown }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly what: string;
      readonly next: string;
      readonly lines: readonly string[];
    }
  | { readonly kind: 'crashed'; readonly stack: string };

/** The line for something that was thrown in a worker. */
export function describeThrown(error: unknown): WorkerLine {
  if (error instanceof CooperError) {
    return { kind: 'refused', code: error.code, what: error.message, next: error.next, lines: error.lines };
  }
  return { kind: 'crashed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** The error for the last line of a worker that did not end well. */
export function recreateThrown(
  line: Extract<WorkerLine, { kind: 'refused' | 'crashed' }>,
  module: string,
): CooperError {
  if (line.kind === 'refused' && line.code in errorTable) {
    return new CooperError(line.code, { what: line.what, next: line.next, lines: line.lines });
  }
  const lines = line.kind === 'crashed' ? line.stack.split('\n') : [`unknown code ${line.code}: ${line.what}`];
  return new CooperError('internal', { what: `${module} failed: ${lines[0] ?? ''}`, lines: lines.slice(1) });
}
