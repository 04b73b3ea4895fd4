// Every so many of the calls by which a publish changes the disk: it is killed there, or the call fails. test/long has all of them.

import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bed, countCalls, expectSurvival, openBed } from './publish-faults.ts';

const tried = 7;
let bed: Bed;
let calls: number;

beforeAll(async () => {
  bed = await openBed();
  calls = await countCalls(bed);
});
afterAll(() => rmSync(bed.folder, { recursive: true, force: true }));

test.each(['SIGKILL', 'ENOSPC'] as const)('%s leaves a whole generation, and the next publish goes on', async (how) => {
  expect(calls).toBeGreaterThan(50);
  for (let turn = 0; turn < tried; turn += 1) {
    await expectSurvival(bed, { at: 1 + Math.floor(((turn + 0.5) * calls) / tried), how });
  }
});
