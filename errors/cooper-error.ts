// The only error type that is meant for users: a code of the table, what happened, to what, and what to do next.

import { type ErrorCode, errorTable } from './table.ts';

/** What a CooperError is made of. `what` is one clause without a full stop; `next` replaces the table's advice. */
export interface ErrorDetail {
  readonly what: string;
  readonly next?: string;
  /** Further lines shown under the message: faults of a file, the last output of a script. */
  readonly lines?: readonly string[];
  readonly cause?: unknown;
}

/** A failure with a stable code. `message` is `what`; `exit` comes from the table. */
export class CooperError extends Error {
  override readonly name = 'CooperError';
  readonly code: ErrorCode;
  readonly next: string;
  readonly lines: readonly string[];

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(detail.what, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.next = detail.next ?? errorTable[code].advice;
    this.lines = detail.lines ?? [];
  }

  get exit(): number {
    return errorTable[this.code].exit;
  }
}

/** True for a Node.js system error (`ENOENT`, …) with the given code, so that bare catches are not needed. */
export function isSystemError(error: unknown, code: string): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Turns "no space left" from the kernel into the table's row; every other error passes unchanged. */
export function explainSystemError(error: unknown, doing: string): unknown {
  if (isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT')) {
    return new CooperError('no-space', { what: `no space left while ${doing}`, cause: error });
  }
  return error;
}
