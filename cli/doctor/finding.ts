// What `cooper doctor` says of a host: one finding for each thing that it looked at and found in order, or for each fault. Pure.

import { type ErrorCode, errorTable } from '../../errors/index.ts';
import type { Failure } from './facts.ts';
import { type FaultCode, faultTable } from './fault-table.ts';

/** What is looked at, in the order in which it is told. */
export type Check =
  | 'user-namespaces'
  | 'newuidmap'
  | 'subordinate-ids'
  | 'kernel'
  | 'cgroups'
  | 'containers-folder'
  | 'home'
  | 'memory'
  | 'lxc'
  | 'network'
  | 'clock'
  | 'remotes'
  | 'engines';

/** `fail`: containers cannot be made or started like this; `warn`: they can, but not everything works, or soon no more. */
export type Level = 'ok' | 'warn' | 'fail';

/** One finding. Texts are clauses without a full stop, `why` is one or more sentences. */
export type Finding =
  | { readonly check: Check; readonly level: 'ok'; readonly seen: string }
  | {
      readonly check: Check;
      readonly level: 'warn' | 'fail';
      readonly code: FaultCode | ErrorCode;
      readonly seen: string;
      readonly why: string;
      /** What to do, a command where there is one. */
      readonly fix: string;
    };

/** All is well. */
export function fine(check: Check, seen: string): Finding {
  return { check, level: 'ok', seen };
}

/** A fault of the table of doctor. */
export function fault(check: Check, code: FaultCode, seen: string, fix: string): Finding {
  const { level, why } = faultTable[code];
  return { check, level, code, seen, why, fix };
}

/** A fault that another command would end with: the table of errors tells why it matters and, unless said otherwise, what to do. */
export function errorFault(check: Check, failure: Failure, change: { level?: 'warn'; fix?: string } = {}): Finding {
  const { code, message, lines } = failure;
  const { level = 'fail', fix = failure.next } = change;
  const seen = [message, ...lines].join('; ');
  return { check, level, code, seen, why: errorTable[code].meaning, fix };
}

/** The same for something that doctor has seen by itself. */
export function errorFound(
  check: Check,
  code: ErrorCode,
  seen: string,
  fix: string = errorTable[code].advice,
): Finding {
  return errorFault(check, { code, message: seen, next: fix, lines: [] });
}
