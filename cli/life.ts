// Spans of time as options give them: `90d`, `12w`, `6m`, `1y`, as gpg has them. Pure.

import { CooperError } from '../errors/index.ts';

const day = 24 * 3600;
const units: Readonly<Record<string, number>> = { d: day, w: 7 * day, m: 30 * day, y: 365 * day };

/** What a signing subkey may live at most: whoever steals it can sign for that long. */
const longest = 5 * 365 * day;

/** The life of a subkey in seconds; undefined without the option. Throws `bad-usage`. */
export function lifeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number, unit = ''] = /^([1-9]\d{0,4})([dwmy])$/.exec(text) ?? [];
  const seconds = Number(number) * (units[unit] ?? Number.NaN);
  if (seconds <= longest) return seconds;
  throw new CooperError('bad-usage', {
    what: `--expire ${text}: expected a span from 1d to 5y`,
    next: 'For example: --expire 90d (days), 12w (weeks), 6m (30 days each), 1y (365 days each).',
  });
}
