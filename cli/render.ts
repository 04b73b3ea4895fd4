// How events and errors look: lines on standard error (rewritten in place on a terminal), never on standard output.

import { CooperError } from '../errors/index.ts';
import type { Event, Reporter } from '../events/index.ts';

/** Where lines go and whether they may be rewritten. */
export interface Screen {
  readonly write: (text: string) => void;
  readonly interactive: boolean;
}

/** Renders stages with their times; progress only on a terminal; notices always. */
export function renderEvents(screen: Screen): Reporter {
  const clear = screen.interactive ? '\r\x1b[K' : '';
  let shown = 0;
  return (event: Event) => {
    if (event.type === 'notice') screen.write(`${clear}  note: ${event.message}\n`);
    if (event.type === 'stage-end') screen.write(`${clear}${stageLine(event)}\n`);
    if (!screen.interactive) return;
    if (event.type === 'stage-start') screen.write(`${clear}  ${event.stage} …`);
    if (event.type === 'progress' && event.time - shown > 100) {
      shown = event.time;
      screen.write(`${clear}  ${event.stage} … ${progress(event)}`);
    }
  };
}

/** The two or more lines that tell a failure: what, its code, details, what to do next. */
export function renderError(error: unknown, debug: boolean): string {
  const known = asCooperError(error);
  const lines = [`cooper: ${known.message} [${known.code}]`, ...known.lines.map((line) => `  | ${line}`)];
  lines.push(`  next: ${known.next}`);
  if (debug && error instanceof Error) lines.push(stackOf(error));
  return `${lines.join('\n')}\n`;
}

/** Every failure as a CooperError; what nobody foresaw becomes `internal`. */
export function asCooperError(error: unknown): CooperError {
  if (error instanceof CooperError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new CooperError('internal', { what, cause: error });
}

function stageLine(event: Extract<Event, { type: 'stage-end' }>): string {
  const cpu = event.cpuSeconds >= 0.1 ? `, ${event.cpuSeconds.toFixed(1)} s CPU` : '';
  return `${event.ok ? '✓' : '✗'} ${event.stage.padEnd(12)} ${event.seconds.toFixed(1)} s${cpu}`;
}

function progress(event: Extract<Event, { type: 'progress' }>): string {
  if (event.unit === 'items') return `${event.done} of ${event.total}`;
  const share = event.total === 0 ? 100 : Math.floor((100 * event.done) / event.total);
  return `${formatBytes(event.done)} of ${formatBytes(event.total)} (${share} %)`;
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
