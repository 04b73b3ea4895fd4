// How errors and amounts look to people. What a run looks like while it goes on is in watch/.

import { CooperError, explainSystemError, isSystemError } from '../errors/index.ts';
import { plainText } from '../events/index.ts';
import type { Paint } from './paint.ts';
import { wrapAdvice, wrapText } from './wrap.ts';

/** How a failure is to look. */
export interface ErrorLook {
  /** With the stack. */
  readonly debug: boolean;
  /** Characters in a line of the terminal; undefined elsewhere: there each part stays in its line, for those who search. */
  readonly columns?: number | undefined;
  readonly paint: Paint;
}

/** The two or more lines that tell a failure: what, its code, details, what to do next. */
export function renderError(error: unknown, { debug, columns = Number.POSITIVE_INFINITY, paint }: ErrorLook): string {
  const known = asCooperError(error);
  const [head = '', ...more] = wrapText(`cooper: ${known.message} [${known.code}]`, { columns, first: '', rest: '  ' });
  const lines = [
    head.replace(/^cooper:/, (name) => paint('red', name)),
    ...more,
    ...known.lines.flatMap((line) => wrapText(plainText(line), { columns, first: '  | ', rest: '  |   ' })),
    ...wrapAdvice(known.next, { columns, first: '  next: ', rest: '    ' }),
  ];
  if (debug && error instanceof Error) lines.push(stackOf(error));
  return `${lines.join('\n')}\n`;
}

/** Every failure as a CooperError; what nobody foresaw becomes `internal`, but for what the machine alone decides. */
export function asCooperError(error: unknown): CooperError {
  const explained = explainSystemError(error, 'writing');
  if (explained instanceof CooperError) return explained;
  const what = error instanceof Error ? error.message : String(error);
  const refused = ['EACCES', 'EPERM', 'EROFS'].some((code) => isSystemError(error, code) && error.path !== undefined);
  return new CooperError(refused ? 'host-permission' : 'internal', { what, cause: error });
}

/** Bytes for people: `61.4 MB` (powers of 1000). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 'B';
  for (const next of units) {
    if (value < 999.95) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
