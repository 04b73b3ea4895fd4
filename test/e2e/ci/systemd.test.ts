// docs/ci/systemd: systemd finds no fault in the units, and what the service starts does what it says.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveTree } from '../../client/publication.ts';
import { openMirrorBed } from '../../conformance/mirror-bed.ts';
import { execute } from '../cooper.ts';
import { miniName, publishedMini } from '../published.ts';
import { checkout, machine } from './bash-step.ts';

const units = join(checkout, 'docs/ci/systemd');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync('/var/tmp/cooper-systemd-');
  cpSync(units, folder, { recursive: true });
  // The program stands elsewhere here, and systemd looks whether it is there.
  for (const name of ['cooper-build.service', 'cooper-refresh.service', 'cooper-mirror.service']) {
    const service = join(folder, name);
    writeFileSync(service, readFileSync(service, 'utf8').replaceAll('/opt/cooper/', checkout));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(['cooper-build', 'cooper-refresh'])(
  'systemd-analyze finds no fault in service and timer of %s',
  async (unit) => {
    const files = [`${unit}.service`, `${unit}.timer`].map((name) => join(folder, name));
    const { status, stdout, stderr } = await execute('systemd-analyze', ['verify', '--man=no', ...files]);
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
  },
);

test('systemd-analyze finds no fault in the service of a mirror', async () => {
  const words = ['verify', '--man=no', join(folder, 'cooper-mirror.service')];
  expect(await execute('systemd-analyze', words)).toEqual({ status: 0, stdout: '', stderr: '' });
});

test.each([
  ['cooper-build', '03:00:00'],
  ['cooper-refresh', '00:00:00'],
])('the timer of %s names a time of every day', async (unit, time) => {
  const when = /^OnCalendar=(.*)$/m.exec(readFileSync(join(folder, `${unit}.timer`), 'utf8'))?.[1] ?? '';
  const { status, stdout } = await execute('systemd-analyze', ['calendar', when]);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`Next elapse: .* ${time}`));
});

/** What systemd would run: `$VARIABLE` alone is split into words, a `-` before the program allows failure. */
function commands(
  kind: string,
  variables: Readonly<Record<string, string>>,
  unit = 'cooper-build',
): readonly (readonly string[])[] {
  const text = readFileSync(join(folder, `${unit}.service`), 'utf8');
  return [...text.matchAll(new RegExp(`^${kind}=-?(.*)$`, 'gm'))].map(([, line = '']) =>
    line.split(' ').flatMap((word) => (word.startsWith('$') ? (variables[word.slice(1)] ?? '').split(' ') : [word])),
  );
}

test('the service renews what is published, finds nothing changed, and writes its summary', async () => {
  const { home } = await publishedMini();
  const variables = { COOPER_IMAGES: miniName };
  const summary = join(folder, 'summary.md');
  const lines = [...commands('ExecStartPre', variables), ...commands('ExecStart', variables)];
  expect(lines).toHaveLength(2);
  let said = '';
  for (const [program = '', ...words] of lines) {
    const here = words.map((word) => (word.endsWith('/summary.md') ? summary : word));
    const { status, stdout, stderr } = await execute(program, here, { env: { ...machine, COOPER_HOME: home } });
    expect(status, stderr).toBe(0);
    said += stdout;
  }
  expect(said).toMatch(/generation \d+ is live/);
  expect(readFileSync(summary, 'utf8')).toContain('| unchanged |');
});

test('the service that only renews does that', async () => {
  const { home } = await publishedMini();
  const [[program = '', ...words] = []] = commands('ExecStart', {}, 'cooper-refresh');
  const { status, stdout, stderr } = await execute(program, words, { env: { ...machine, COOPER_HOME: home } });
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/generation \d+ is live/);
});

test('the service of a mirror follows its origin until it is told to end, and ends well then', async () => {
  const bed = await openMirrorBed();
  const server = await serveTree(bed.origin);
  try {
    const origin = { COOPER_MIRROR: `${server.url} --keyid ${bed.fingerprint} --variant mini` };
    const [[program = '', ...words] = []] = commands('ExecStart', origin, 'cooper-mirror');
    const env = { ...machine, COOPER_HOME: join(bed.folder, 'home') };
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    const [line] = await once(child.stdout, 'data');
    expect(String(line)).toMatch(/ generation \d+ is live: 4 images, 4 new builds, /);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  } finally {
    await server.close(0);
    bed.remove();
  }
});
