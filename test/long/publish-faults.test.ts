// A fault at every call by which a publish changes the disk: killed there, failed there, no space there.

import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bed, countCalls, expectSurvival, openBed } from '../conformance/publish-faults.ts';

let bed: Bed;
let calls: number;

beforeAll(async () => {
  bed = await openBed();
  calls = await countCalls(bed);
});
afterAll(() => rmSync(bed.folder, { recursive: true, force: true }));

test.each(['SIGKILL', 'EIO', 'ENOSPC'] as const)(
  '%s at every call leaves a whole generation, and the next publish goes on',
  async (how) => {
    expect(calls).toBeGreaterThan(50);
    for (let at = 1; at <= calls; at += 1) await expectSurvival(bed, { at, how });
  },
);
