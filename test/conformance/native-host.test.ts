// The box and what the host is like: a terminal, no user namespaces, no newuidmap.

import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoxExit } from '../../native/index.ts';
import { testAsRoot } from '../setup/as-root.ts';
import {
  type DriverError,
  describeIdentities,
  type Identity,
  type IdentityName,
  identityNames,
  makeIdentity,
} from './native/identity.ts';
import { boxOf } from './native/spec.ts';

/** Everything a child writes, and a way to wait until it has written something. */
function listen(child: ChildProcess): { text: () => string; until: (words: string) => Promise<void> } {
  let text = '';
  const waiting: { words: string; resolve: () => void }[] = [];
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (const { words, resolve } of waiting) if (text.includes(words)) resolve();
  });
  const until = (words: string) =>
    new Promise<void>((resolve) => {
      if (text.includes(words)) resolve();
      else waiting.push({ words, resolve });
    });
  return { text: () => text, until };
}

describeIdentities('on a terminal, a box of %s', (name) => {
  let who: Identity;
  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  const interact = (argv: readonly string[]) => {
    const { child, answer } = who.startOnTerminal({ action: 'interact', spec: boxOf('', { argv }) });
    const status = async () => (JSON.parse(await answer) as { value: { exit: BoxExit } }).value.exit.status;
    return { child, output: listen(child), status };
  };

  test('leaves the keys to the program', async () => {
    // ^C reaches everything in the foreground: the program catches it, the processes of the box do not mind.
    const script = 'trap "echo caught; exit 9" INT; echo rea""dy; read line';
    const { child, output, status } = interact(['bash', '-c', script]);
    await output.until('ready');
    // bash may be about to read when the signal comes and sees its trap only at the next one.
    const again = setInterval(() => child.stdin?.write('\x03'), 200);
    expect(await status()).toBe(9);
    clearInterval(again);
    expect(output.text()).toContain('caught');
  });

  test('allows job control', async () => {
    // The shell gives the terminal to the process group of its job; without that the job is stopped when it reads.
    const script = `sh -c 'echo rea""dy; read line; echo "got $line"'; exit 8`;
    const { child, output, status } = interact(['bash', '--norc', '-ic', script]);
    await output.until('ready');
    child.stdin?.write('word\n');
    expect(await status()).toBe(8);
    expect(output.text()).toContain('got word');
    expect(output.text()).not.toMatch(/no job control|terminal process group/);
  });
});

describe('without what a box needs of the host', () => {
  const fail = async (name: IdentityName, wrap: readonly string[]): Promise<DriverError> => {
    const who = makeIdentity(name);
    try {
      return JSON.parse(await who.start({ action: 'run', spec: boxOf('true') }, wrap).answer).error;
    } finally {
      who.remove();
    }
  };

  test('a kernel that forbids user namespaces is no-user-namespaces', async () => {
    // The limit of a namespace holds for those below it, so that nobody else on the machine feels it.
    const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const wrap = ['unshare', '--user', '--map-root-user', 'sh', '-c', forbid, 'sh'];
    const error = await fail(identityNames[0] ?? 'an ordinary user', wrap);
    expect(error).toMatchObject({ name: 'CooperError', code: 'no-user-namespaces' });
  });

  testAsRoot('a host without newuidmap is no-newuidmap', async () => {
    const hide = 'mount --bind /dev/null $(command -v newuidmap) && exec "$@"';
    const error = await fail('an ordinary user', ['unshare', '--mount', 'sh', '-c', hide, 'sh']);
    expect(error).toMatchObject({ name: 'CooperError', code: 'no-newuidmap' });
  });
});
