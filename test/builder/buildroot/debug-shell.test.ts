// When a debug shell opens and when it does not; that it works is shown by test/e2e/look-inside.test.ts.

import { expect, test } from 'vitest';
import { DebugShell, shellBox, withDebugShell } from '../../../builder/buildroot/debug-shell.ts';
import { CooperError } from '../../../errors/index.ts';
import { createStages } from '../../../events/index.ts';

function terminal() {
  let said = '';
  let lent = 0;
  return {
    term: 'xterm',
    say: (text: string) => {
      said += text;
    },
    lend: async <T>(work: () => Promise<T>) => {
      lent += 1;
      return work();
    },
    said: () => said,
    lent: () => lent,
  };
}

const failing = async () =>
  Promise.reject(new CooperError('server-unreachable', { what: 'no answer', lines: ['a\x1b[1mb'] }));
const quiet = () => undefined;

test('a failure before there is a root is told without a shell, and passes on', async () => {
  const screen = terminal();
  const { signal } = new AbortController();
  const stages = withDebugShell(createStages(quiet, signal), new DebugShell(screen, signal));
  await expect(stages.run('index', failing)).rejects.toMatchObject({ code: 'server-unreachable' });
  expect(screen.said()).toContain('The stage index has failed: no answer\n  | ab\nThere is no build root yet');
  expect(screen.lent()).toBe(0);
});

test('an interrupted run opens no shell', async () => {
  const screen = terminal();
  const stop = new AbortController();
  const stages = withDebugShell(createStages(quiet, stop.signal), new DebugShell(screen, stop.signal));
  const interrupted = stages.run('index', async () => {
    stop.abort(new Error('interrupted'));
    return failing();
  });
  await expect(interrupted).rejects.toThrow();
  expect(screen.said()).toBe('');
});

test('the shell is in the same box, with the terminal of the user and without time limit', () => {
  const box = {
    idMap: { uid: [], gid: [] },
    root: '/x',
    mounts: [],
    network: 'none',
    hostname: 'localhost',
    seccomp: 'guarded',
    noNewPrivileges: false,
    argv: ['false'],
    env: { A: '1' },
    cwd: '/',
    timeLimit: 5,
  } as const;
  const shell = shellBox(box, 'false', 'xterm');
  expect(shell).not.toHaveProperty('timeLimit');
  expect(shell).toMatchObject({
    network: 'none',
    seccomp: 'guarded',
    env: { A: '1', TERM: 'xterm', COOPER_FAILED: 'false' },
  });
});
