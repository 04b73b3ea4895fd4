import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runBox } from '../../native/box.ts';
import type { BoxSpec } from '../../native/box-types.ts';

const spec: BoxSpec = {
  idMap: { uid: [{ inside: 0, outside: 0, count: 1 }], gid: [{ inside: 0, outside: 0, count: 1 }] },
  root: 'empty',
  mounts: [],
  network: 'none',
  hostname: 'box',
  seccomp: 'guarded',
  noNewPrivileges: true,
  argv: ['true'],
  env: {},
  cwd: '/',
};

const openFds = () => readdirSync('/proc/self/fd').length;

test('a box that cannot be started leaves no descriptor open', async () => {
  // Node itself opens some at the first use of a pipe.
  await expect(runBox({ ...spec, cwd: 'relative' })).rejects.toThrow(TypeError);
  await setImmediate();
  const before = openFds();
  for (let i = 0; i < 20; i++) {
    await expect(runBox({ ...spec, cwd: 'relative' })).rejects.toThrow('relative');
    await expect(runBox(spec, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  }
  await setImmediate();
  expect(openFds()).toBeLessThan(before + 5);
});
