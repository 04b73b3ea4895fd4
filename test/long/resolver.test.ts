// Random package sets of real archives, as many as the time allows: the host's apt has to have the same answer to each.
// COOPER_SEED and COOPER_RUNS make a run again or a longer one; a failure names the seed and the set.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { createTransport } from '../../fetch/index.ts';
import { type ArchivePair, backportsOf, openArchivePair, suitesOf } from '../conformance/archive-pair.ts';
import { difference, randomRequest } from '../conformance/random-sets.ts';

const seed = Number(process.env.COOPER_SEED ?? Math.floor(Date.now() / 1000));
const runs = Number(process.env.COOPER_RUNS ?? 60);
const bookworm = suitesOf('bookworm', true);

const folder = mkdtempSync('/var/tmp/cooper-resolver-');
const transport = createTransport();
afterAll(() => {
  transport.close();
  rmSync(folder, { recursive: true });
});

describe.each([
  // Not every mirror has all of i386.
  ['bookworm', bookworm.slice(0, 2), ['amd64', 'i386']],
  ['bookworm', [...bookworm, backportsOf('bookworm', { pin: 500 })], ['amd64']],
  ['bookworm', bookworm.slice(0, 2), ['i386']],
  ['trixie', suitesOf('trixie', true), ['amd64']],
  ['trixie', suitesOf('trixie', true), ['arm64']],
  ['sid', suitesOf('sid', false), ['amd64', 'i386']],
] as const)('%s', (release, suites, architectures) => {
  test(`${runs} random sets from seed ${seed} on have apt's answer: ${architectures}, ${suites.length} suites`, async () => {
    const places = { folder, cacheDir: join(inject('testHome'), 'cache'), transport };
    const pair: ArchivePair = await openArchivePair({ release, suites, architectures }, places);
    const differences = Array.from({ length: runs }, (_, at) => seed + at).flatMap((each) => {
      const request = randomRequest(pair, each);
      const found = difference(pair, request);
      return found === undefined ? [] : [{ seed: each, request, found }];
    });
    expect(differences).toEqual([]);
  }, 7_200_000);
});
