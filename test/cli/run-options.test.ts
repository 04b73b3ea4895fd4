import { describe, expect, test } from 'vitest';
import { type RunOptions, runBlockOf } from '../../cli/run-options.ts';
import type { CooperError } from '../../errors/index.ts';

const read = (options: RunOptions) => JSON.parse(JSON.stringify(runBlockOf(options, '/here'))) as unknown;

function refused(options: RunOptions): CooperError {
  try {
    runBlockOf(options, '/here');
  } catch (error) {
    return error as CooperError;
  }
  throw new Error('nothing was refused');
}

describe('the options of a run', () => {
  test('say nothing when there are none', () => {
    expect(read({})).toEqual({ binds: [] });
  });

  test('become what the run: block says', () => {
    expect(
      read({
        net: 'host',
        share: ['ipc', 'uts'],
        cap: ['+net_raw', '-chown'],
        memory: '1G',
        pids: '100',
        rlimit: ['nofile=10:20', 'core=unlimited'],
        bind: ['/srv/a:/a', 'data:/b:ro', '../c:/c:rw'],
        readOnly: true,
        user: 'web:staff',
        env: ['A=b=c', 'EMPTY=', 'A=last'],
        workdir: '/srv',
      }),
    ).toEqual({
      network: 'host',
      shareNamespaces: ['ipc', 'uts'],
      capabilities: ['+net_raw', '-chown'],
      memory: 2 ** 30,
      pids: 100,
      rlimits: { nofile: { soft: 10, hard: 20 }, core: { soft: 'unlimited', hard: 'unlimited' } },
      binds: [
        { source: '/srv/a', target: '/a', readOnly: false },
        { source: '/here/data', target: '/b', readOnly: true },
        { source: '/c', target: '/c', readOnly: false },
      ],
      readOnly: true,
      user: 'web:staff',
      env: { A: 'last', EMPTY: '' },
      workdir: '/srv',
    });
  });

  test('can take back what the file shares', () => {
    expect(read({ share: ['none'] })).toMatchObject({ shareNamespaces: [] });
  });

  test('tell all of their faults at once, each by the option as it is typed', () => {
    const { code, lines } = refused({
      net: 'hots',
      share: ['pid'],
      cap: ['+net_rwa'],
      memory: '-5',
      pids: '-5',
      rlimit: ['nofile', 'nofil=3'],
      bind: ['/a', '/a:b', '/a:/b:rx', '/a:/b:/c', '/a:/../b'],
      env: ['FOO', '=x'],
      workdir: 'srv',
      user: 'a b',
    });
    expect(code).toBe('bad-usage');
    expect([...lines].sort()).toEqual(
      [
        '--rlimit: `nofile` has no =; write NAME=SOFT[:HARD]',
        '--env: `FOO` has no =; write NAME=VALUE',
        ...['/a', '/a:b', '/a:/b:rx', '/a:/b:/c'].map(
          (word) => `--bind: \`${word}\` is not SRC:/DST, SRC:/DST:ro or SRC:/DST:rw`,
        ),
        '--net: expected `none` or `host`, found `hots`; did you mean `host`?',
        '--share: expected `cgroup` or `ipc` or `uts`, found `pid`',
        '--cap: `+net_rwa`: there is no such capability; did you mean `net_raw`?',
        '--memory: expected a size such as 512M or 2G',
        '--pids: expected a number, found `-5`',
        '--rlimit: unknown key `nofil`; did you mean `nofile`?',
        '--bind: expected a path without . and ..',
        '--env: expected the name of a variable',
        '--workdir: expected an absolute path',
        '--user: expected NAME or UID, with :GROUP after it if wanted',
      ].sort(),
    );
  });
});
