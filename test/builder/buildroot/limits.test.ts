import { describe, expect, test } from 'vitest';
import { limitsOf, refuseExceeded, runningLines, shortfallsOf } from '../../../builder/buildroot/limits.ts';
import type { BoxExit } from '../../../native/index.ts';

const ended: BoxExit = {
  ...{ status: 1, cpuSeconds: 0, timedOut: false, processes: [], exceeded: [], shortfalls: [] },
};

describe('limits of a build root', () => {
  test('are the safe ones unless others are asked for', () => {
    expect(limitsOf({ path: '/root' })).toMatchObject({ pids: 8192, disk: { path: '/root' } });
    expect(limitsOf({ path: '/root' }, { pids: 9, memoryBytes: 5 })).toMatchObject({ pids: 9, memoryBytes: 5 });
  });

  test('that were asked for and not enforced are told', () => {
    const shortfalls = [
      { limit: 'memory', reason: 'not enforced: why' },
      { limit: 'pids', reason: 'weaker: why' },
    ] as const;
    expect(shortfallsOf({ ...ended, shortfalls }, { memoryBytes: 5 })).toEqual([
      'the limit of memory is not enforced: why',
    ]);
    expect(shortfallsOf({ ...ended, shortfalls })).toEqual([]);
  });

  const refusal = (exceeded: BoxExit['exceeded'], status = 1, memoryReserve?: number) => {
    try {
      const limits = limitsOf({ path: '/', memoryReserve }, { memoryBytes: 2 ** 20, pids: 9 });
      const inMemory = memoryReserve !== undefined;
      refuseExceeded({ ...ended, status, exceeded }, limits, { what: 'the script', lines: ['x'], inMemory });
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test.each([
    ['disk', 'no-space', 'the script left less than 64 MiB of the disk free'],
    ['memory', 'script-over-limit', 'the script needed more than its 1 MiB of memory'],
    ['pids', 'script-over-limit', 'the script started more than its 9 processes'],
  ] as const)('that are met make a failure of their own: %s', (limit, code, message) => {
    expect(refusal([limit])).toMatchObject({ code, message, lines: ['x'] });
  });

  test('that are met in memory say so, and what to do', () => {
    const next = expect.stringContaining('--roots disk');
    expect(refusal(['disk'], 1, 2 ** 30)).toMatchObject({
      code: 'no-space',
      message: 'the script left less than 1024 MiB of the memory for roots free',
      next,
    });
    expect(refusal(['disk'], 1, 0)).toMatchObject({ message: expect.stringContaining(' 64 MiB of the memory') });
    expect(refusal(['memory'], 1, 0)).toMatchObject({ code: 'script-over-limit', next });
  });

  test('that are met by a script that copes are no failure', () => {
    expect(refusal(['memory', 'pids'], 0)).toBeUndefined();
    expect(refusal([])).toBeUndefined();
  });

  test('of time tell what ran', () => {
    expect(runningLines({ ...ended, processes: ['sh -c x', '  sleep 9'] })).toEqual([
      'still running when the time was over:',
      '  sh -c x',
      '    sleep 9',
    ]);
    expect(runningLines(ended)).toEqual([]);
  });
});
