// How much of the network a command may take, as its options say. Pure; refuses what cannot be meant.

import { CooperError } from '../errors/index.ts';
import { sizeOf } from './size.ts';

/** As the command line gives them. */
export interface TrafficOptions {
  readonly limitRate?: string;
  readonly connections?: string;
}

/** Bytes per second, and connections at once. */
export interface TrafficLimits {
  readonly rate?: number;
  readonly connections?: number;
}

/** Below this nothing would ever be done; bytes per second. */
const slowestRate = 1000;

const mostConnections = 16;

/** How much of the network may be taken. Throws `bad-usage`. */
export function trafficLimits({ limitRate, connections }: TrafficOptions): TrafficLimits {
  return {
    ...(limitRate === undefined ? {} : { rate: rateOf(limitRate) }),
    ...(connections === undefined ? {} : { connections: connectionsOf(connections) }),
  };
}

function rateOf(text: string): number {
  const rate = sizeOf('--limit-rate', text);
  if (rate >= slowestRate) return rate;
  throw new CooperError('bad-usage', {
    what: `--limit-rate ${text}: expected at least 1K, bytes a second`,
    next: 'For example --limit-rate 5M.',
  });
}

function connectionsOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= mostConnections) return count;
  throw new CooperError('bad-usage', { what: `--connections ${text}: expected a number from 1 to ${mostConnections}` });
}
