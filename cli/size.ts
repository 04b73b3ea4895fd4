// Amounts of bytes as options give them: `500M`, `2G`, powers of 1000. Pure.

import { CooperError } from '../errors/index.ts';

const units: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes; `option` is what the message calls it. Throws `bad-usage`. */
export function sizeOf(option: string, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)B?$/i.exec(text) ?? [];
  const factor = units[unit.toUpperCase()];
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new CooperError('bad-usage', { what: `${option} ${text}: expected a size such as 500M or 2G` });
}
