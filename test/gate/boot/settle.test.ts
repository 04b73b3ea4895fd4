import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { question, settlingOf } from '../../../gate/boot/settle.ts';

test('no answer is not yet', () => {
  expect(settlingOf('')).toEqual({ state: 'not yet' });
  expect(settlingOf('lxc-attach: failed to get the init pid\n')).toEqual({ state: 'not yet' });
});

test('systemd that is up', () => {
  expect(settlingOf('settled systemd running\n')).toEqual({ state: 'settled', init: 'systemd running', failed: [] });
});

test('failed units come with their result and their file', () => {
  const output =
    'failed a.service exit-code /etc/systemd/system/a.service\nfailed b.mount  \nsettled systemd degraded\n';
  expect(settlingOf(output)).toEqual({
    state: 'settled',
    init: 'systemd degraded',
    failed: [
      { name: 'a.service', result: 'exit-code', file: '/etc/systemd/system/a.service' },
      { name: 'b.mount', result: '', file: '' },
    ],
  });
});

describe('the question on inits other than systemd', () => {
  /** What a shell answers that has nothing but this one program. */
  const ask = (program: string, says: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'cooper-init-'));
    try {
      writeFileSync(join(folder, program), `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
      const script = question.replace('/run/systemd/system', '/nonexistent').replace('sleep 3', ':');
      return execFileSync('/bin/sh', ['-c', script], { env: { PATH: folder }, encoding: 'utf8' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test.each([
    ['sysvinit in runlevel 2', 'runlevel', 'N 2', 'settled sysvinit runlevel 2\n'],
    ['sysvinit that still boots', 'runlevel', 'N S', ''],
    ['sysvinit without a record yet', 'runlevel', 'unknown', ''],
    ['OpenRC in its default runlevel', 'rc-status', 'default', 'settled openrc default\n'],
    ['OpenRC that still boots', 'rc-status', 'boot', ''],
    ['an init that keeps no runlevel', 'other', '', 'settled init\n'],
  ])('%s', (_, program, says, answer) => {
    expect(ask(program, says)).toBe(answer);
  });
});
