import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { actionCommand } from '../../provision/index.ts';

const image = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };

function run(script: string) {
  const { argv, env } = actionCommand({ name: 'an action', script }, image, 1_700_000_000);
  const [program = '', ...rest] = argv;
  return spawnSync(program, rest, { env, input: 'on standard input\n', encoding: 'utf8' });
}

test('a script ends at its first failing command', () => {
  const { status, stdout } = run('echo before\nfalse\necho after\n');
  expect([status, stdout]).toEqual([1, 'before\n']);
});

test('a program that reads its standard input does not eat the script', () => {
  expect(run('cat >/dev/null\necho still here\n').stdout).toBe('still here\n');
});

test('a script knows the image and the epoch', () => {
  const { stdout } = run(
    'echo $COOPER_DISTRIBUTION/$COOPER_RELEASE/$COOPER_ARCHITECTURE/$COOPER_VARIANT $SOURCE_DATE_EPOCH',
  );
  expect(stdout).toBe('debian/bookworm/amd64/mini 1700000000\n');
});

test('messages of the shell carry the name of the action', () => {
  expect(run('no-such-command-here\n').stderr).toContain('an action');
});

test('nothing of the host is in the environment', () => {
  const names = run('env')
    .stdout.split('\n')
    .map((line) => line.split('=')[0]);
  expect(names).not.toContain('TMPDIR');
  expect(names).toContain('PATH');
});
