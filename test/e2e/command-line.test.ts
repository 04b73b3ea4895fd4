// The command line as scripts use it: places of options, standard output, exit statuses (docs/DESIGN.md, "Command line").

import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cooper, execute, program } from './cooper.ts';
import { eventually } from './lxc/eventually.ts';
import { startServer } from './published.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync('/var/tmp/cooper-words-');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('shared options are taken before and after the command', async () => {
  const made = await cooper(['--home', folder, '--json', 'keys', 'generate']);
  const shown = await cooper(['keys', 'show', '--home', folder, '--json']);
  expect(made.status, made.stderr).toBe(0);
  expect(JSON.parse(shown.stdout)).toMatchObject({ fingerprint: expect.stringMatching(/^[0-9A-F]{40}$/) });
  expect(shown.stdout).toBe(made.stdout);
});

test('an exported key is the armored public key and nothing else', async () => {
  await cooper(['--home', folder, 'keys', 'generate']);
  const { stdout } = await cooper(['--home', folder, 'keys', 'export']);
  expect(stdout).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n[\s\S]+\n-----END PGP PUBLIC KEY BLOCK-----\s$/);
});

test('a second key is not made over the first', async () => {
  await cooper(['--home', folder, 'keys', 'generate']);
  const { status, stderr } = await cooper(['--home', folder, 'keys', 'generate']);
  expect(status).toBe(2);
  expect(stderr).toContain('[publisher-key-exists]');
});

test.each([
  [['nosuch']],
  [['build', '--nosuch']],
  [['build', 'debian/bookworm', '--force', '--changed']],
  [['build']],
  [['serve', '--listen', 'here']],
])('%j is bad usage, status 2', async (words) => {
  const { status, stdout } = await cooper(['--home', folder, ...words]);
  expect(status).toBe(2);
  expect(stdout).toBe('');
});

test('with --json a failure is one document with its code', async () => {
  const { status, stdout } = await cooper(['--home', folder, 'build', 'debian/bokworm', '--json']);
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'unknown-release', next: expect.any(String) } });
});

test('an empty home lists no images', async () => {
  const { status, stdout } = await cooper(['--home', join(folder, 'empty'), 'list', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ images: [] });
});

test('a new definition has no fault, and is not written over', async () => {
  const made = await cooper(['new', 'mine', '--definitions', join(folder, 'definitions'), '--json']);
  expect(made.status, made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toEqual({ definition: join(folder, 'definitions/mine/definition.yaml') });
  expect(await cooper(['lint', join(folder, 'definitions')])).toMatchObject({ status: 0, stdout: 'mine: no faults\n' });
  const again = await cooper(['new', 'mine', '--definitions', join(folder, 'definitions')]);
  expect(again.status).toBe(2);
  expect(again.stderr).toContain('[definition-exists]');
});

test.each(['Mine', '../mine', 'a/b', ''])('%j is no name for a new definition', async (name) => {
  const { status, stderr } = await cooper(['new', name, '--definitions', folder]);
  expect(status).toBe(2);
  expect(stderr).toContain('[bad-usage]');
  expect(readdirSync(folder)).toEqual([]);
});

test('the definitions that come with Cooper have no fault', async () => {
  const { status, stdout, stderr } = await cooper(['lint']);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('debian');
});

test('lint of the folder of one definition shows its faults', async () => {
  writeFileSync(join(folder, 'definition.yaml'), 'name: [broken\n');
  const { status, stdout, stderr } = await cooper(['lint', folder]);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('[definition-faulty]');
});

test('lint of a folder without a definition is bad usage', async () => {
  mkdirSync(join(folder, 'empty'));
  const { status, stderr } = await cooper(['lint', join(folder, 'empty')]);
  expect(status).toBe(2);
  expect(stderr).toContain('[bad-usage]');
});

test('a request that the server fails at is told to its operator', async () => {
  mkdirSync(join(folder, 'tree/generations/1'), { recursive: true });
  symlinkSync('generations/1', join(folder, 'tree/live'));
  const server = await startServer(folder);
  try {
    expect((await fetch(server.url)).status).toBe(500);
    const said = async () => server.complaints();
    await eventually('the notice', 10, said, (text) => text.includes('[tree-damaged]'));
  } finally {
    await server.stop();
  }
});

test('the settings of a build are shown with their safe defaults', async () => {
  const { status, stdout } = await cooper(['show', 'debian/bookworm/arm64/mini', '--build', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    image: 'debian/bookworm/arm64/mini',
    network: { kind: 'none' },
    isolation: { seccomp: 'guarded', shareNamespaces: [], binds: [], memory: 4 * 2 ** 30, pids: 4096, seconds: 3600 },
    ownNamespaces: ['user', 'mount', 'pid', 'net', 'ipc', 'uts', 'cgroup'],
    filter: 'plain',
    needs: [],
  });
});

test('an image that is not published is said', async () => {
  const { status, stderr } = await cooper(['--home', join(folder, 'empty'), 'show', 'debian/bookworm']);
  expect(status).not.toBe(0);
  expect(stderr).toContain('[image-not-found]');
});

test('a definition that wishes a path of this machine is refused with the option that would allow it', async () => {
  const definitions = join(folder, 'definitions');
  cpSync(new URL('../../variants/debian', import.meta.url), join(definitions, 'debian'), { recursive: true });
  appendFileSync(
    join(definitions, 'debian/definition.yaml'),
    '\nisolation:\n  binds:\n    - { source: /etc/ssl, target: /run/ssl }\n',
  );
  const image = ['debian/bookworm', '--definitions', definitions];
  const built = await cooper(['--home', folder, 'build', ...image]);
  expect(built.status).toBe(2);
  expect(built.stderr).toContain('--allow bind=/etc/ssl');
  const shown = await cooper(['show', '--build', ...image]);
  expect(shown.stdout).toMatch(/needs the options +--allow bind=\/etc\/ssl/);
});

test('a reader that goes away is no failure', async () => {
  const outcome = await execute('bash', ['-c', 'set -o pipefail; "$1" build --help | true', 'bash', program]);
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
});
