// The words for stages, amounts and times that people read while a run goes on. Pure.

import { type Event, plainText } from '../../events/index.ts';
import { formatBytes } from '../render.ts';
import { secondsLeft } from './rate-meter.ts';
import type { Amount, RunningStage } from './stage-view.ts';

type Ended = Extract<Event, { type: 'stage-end' }>;

/** `✓ download     2.1 s, 0.4 s CPU, 35.2 MB (16.8 MB/s)`; `moved` is the last amount that the stage told. */
export function stageLine(event: Ended, moved?: Amount): string {
  const parts = [`${event.seconds.toFixed(1)} s`];
  if (event.cpuSeconds >= 0.1) parts.push(`${event.cpuSeconds.toFixed(1)} s CPU`);
  if (moved?.unit === 'bytes' && moved.done > 0) {
    parts.push(`${formatBytes(moved.done)}${rate(moved.done, event.seconds)}`);
  }
  return `${event.ok ? '✓' : '✗'} ${event.stage.padEnd(12)} ${parts.join(', ')}`;
}

/**
 * `12 s, 5.0 MB of 10.0 MB (50 %), 2.4 MB/s, 3 s left`, whatever is known of a stage that runs for `seconds`; `perSecond` is what
 * it does now.
 */
export function runningText(seconds: number, amount?: Amount, perSecond?: number): string {
  const parts = [formatSeconds(seconds)];
  if (amount?.unit === 'items') parts.push(amount.total === 0 ? `${amount.done}` : `${amount.done} of ${amount.total}`);
  if (amount?.unit === 'bytes') parts.push(bytesText(amount), ...paceText(amount, perSecond));
  return parts.join(', ');
}

/** `42 s`, `3 min 07 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** What an image begins with. */
export function buildHead({ image, build }: Extract<Event, { type: 'build-start' }>): string {
  return `${image} ${build}`;
}

/** What an image ends with: the time of all its stages. */
export function totalLine({ ok, seconds }: Extract<Event, { type: 'build-end' }>): string {
  return `${ok ? '✓' : '✗'} ${'total'.padEnd(12)} ${formatSeconds(seconds)}`;
}

/** Something to be read although nothing failed. */
export function noteLine({ message }: Extract<Event, { type: 'notice' }>): string {
  return `  note: ${plainText(message)}`;
}

/** That a stage still runs. */
export function aliveLine(stage: RunningStage, now: number): string {
  const seconds = (now - stage.started) / 1000;
  return `… ${stage.name.padEnd(12)} ${runningText(seconds, stage.amount, stage.meter.perSecond(now))}`;
}

/** Cuts a line to so many columns, with `…` where something is missing. Characters outside ASCII count twice. */
export function cutTo(columns: number, text: string): string {
  let used = 0;
  let kept = '';
  for (const character of text) {
    const width = widthOf(character);
    if (used + width < columns) kept += character;
    used += width;
    if (used > columns) return `${kept}…`;
  }
  return text;
}

const widthOf = (character: string): number => (character <= '~' || narrow.has(character) ? 1 : 2);

const narrow = new Set(['…', '✓', '✗', '·']);

function bytesText({ done, total }: Amount): string {
  if (total === 0) return formatBytes(done);
  return `${formatBytes(done)} of ${formatBytes(total)} (${Math.floor((100 * done) / total)} %)`;
}

function paceText({ done, total }: Amount, perSecond: number | undefined): string[] {
  if (perSecond === undefined) return [];
  const left = secondsLeft(done, total, perSecond);
  return [...rateText(perSecond, 1), ...(left === undefined ? [] : [`${formatSeconds(left)} left`])];
}

// Nothing can be said of the rate at the very beginning.
const leastSeconds = 0.2;

function rateText(bytes: number, seconds: number): string[] {
  return seconds < leastSeconds || bytes === 0 ? [] : [`${formatBytes(Math.round(bytes / seconds))}/s`];
}

function rate(bytes: number, seconds: number): string {
  return rateText(bytes, seconds)
    .map((text) => ` (${text})`)
    .join('');
}
