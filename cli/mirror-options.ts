// The options of `cooper mirror`: which images, how often. Pure; refuses what cannot be meant.

import { CooperError } from '../errors/index.ts';
import type { Selection } from '../image/index.ts';
import { debianArchitecture } from '../variants/identity.ts';
import type { TrafficOptions } from './traffic-limits.ts';

/** As the command line gives them. */
export interface MirrorOptions extends TrafficOptions {
  readonly dist?: readonly string[];
  readonly release?: readonly string[];
  readonly arch?: readonly string[];
  readonly variant?: readonly string[];
  readonly dryRun?: boolean;
  readonly watch?: string;
}

/** Which images are wanted: exact names, architectures also in the words of others. Throws `bad-usage`. */
export function selectionOf({ dist = [], release = [], arch = [], variant = [] }: MirrorOptions): Selection {
  return {
    distributions: dist.map((name) => exactName('--dist', name)),
    releases: release.map((name) => exactName('--release', name)),
    architectures: arch.map((name) => exactName('--arch', debianArchitecture(name) ?? name)),
    variants: variant.map((name) => exactName('--variant', name)),
  };
}

function exactName(option: string, name: string): string {
  if (/^[a-z0-9][a-z0-9.+~_-]{0,63}$/i.test(name)) return name;
  throw new CooperError('bad-usage', {
    what: `${option} ${JSON.stringify(name)}: expected one exact name`,
    next: 'Give the option once for each name, as in --variant mini --variant default.',
  });
}

const second = 1000;
const units: Readonly<Record<string, number>> = { s: second, '': 60 * second, m: 60 * second, h: 3600 * second };
const longestInterval = 24 * 3600 * second;

/** Milliseconds from the end of one run to the next; undefined without the option. Throws `bad-usage`. */
export function intervalOf({ watch, dryRun }: MirrorOptions): number | undefined {
  if (watch === undefined) return undefined;
  if (dryRun === true) throw new CooperError('bad-usage', { what: '--watch and --dry-run exclude each other' });
  const [, number, unit = ''] = /^([1-9]\d{0,5})([smh]?)$/.exec(watch) ?? [];
  const interval = Number(number) * (units[unit] ?? Number.NaN);
  if (interval <= longestInterval) return interval;
  throw new CooperError('bad-usage', {
    what: `--watch ${watch}: expected minutes, or a span up to 24h`,
    next: 'For example --watch 10 (minutes), --watch 30s, --watch 1h.',
  });
}

/** The pause before a run, a tenth more or less, so that mirrors do not come all at once; `random`: from 0 to 1. */
export function pauseBefore(interval: number, random: number): number {
  return Math.round(interval * (0.9 + 0.2 * random));
}
