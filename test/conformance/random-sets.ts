// Random package sets out of a real index, the same ones for the same seed.

import type { PackageRequest } from '../../builder/source/debian/resolver.ts';
import type { ArchivePair } from './archive-pair.ts';

/** Numbers in [0, 1) (mulberry32, public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The set of one seed: up to a dozen names, some of a foreign architecture, one excluded now and then. */
export function randomRequest(pair: ArchivePair, seed: number): PackageRequest {
  const next = randomNumbers(seed);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)];
  const names = [...pair.index.universe.names()];
  const [, ...foreign] = pair.index.universe.architectures;
  const include = Array.from({ length: 1 + Math.floor(next() * 12) }, () => {
    const name = pick(names) ?? '';
    const architecture = next() < 0.3 ? pick(foreign) : undefined;
    return architecture === undefined ? name : `${name}:${architecture}`;
  }).filter((name) => pair.index.universe.candidate(name) !== undefined);
  const request: PackageRequest = {
    base: next() < 0.5 ? 'essential' : 'required',
    include,
    recommends: next() < 0.5,
  };
  const plain = pair.ours(request);
  if (next() < 0.7 || !Array.isArray(plain)) {
    return request;
  }
  const victim = pick(plain)?.replace(/=.*/, '');
  return victim === undefined || include.includes(victim) ? request : { ...request, exclude: [victim] };
}

/** What is different, or undefined: lines that only we have (+) and that only apt has (-). */
export function difference(pair: ArchivePair, request: PackageRequest): string | undefined {
  const ours = pair.ours(request);
  const theirs = pair.theirs(request);
  if (!Array.isArray(ours)) {
    return theirs === undefined ? undefined : `apt has an answer, we have ${ours.code}: ${ours.lines.join('; ')}`;
  }
  if (theirs === undefined) {
    return `we have an answer, apt has none`;
  }
  const lines = [
    ...ours.filter((item) => !theirs.includes(item)).map((item) => `+${item}`),
    ...theirs.filter((item) => !ours.includes(item)).map((item) => `-${item}`),
  ];
  return lines.length === 0 ? undefined : lines.join(' ');
}
