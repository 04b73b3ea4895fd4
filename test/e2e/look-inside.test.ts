// Looking into a build root: the shell of --debug-shell at the step that failed, and the workspace that --keep leaves.

import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cooper, cooperJson, program } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';
import { openTerminal, type TestTerminal } from './tmux.ts';

const debian = fileURLToPath(new URL('../../variants/debian', import.meta.url));
let folder: string;
let home: string;
let definitions: string;
let terminal: TestTerminal | undefined;

beforeAll(async () => {
  const shared = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-look-');
  home = join(folder, 'home');
  mkdirSync(join(home, 'cache'), { recursive: true });
  for (const part of ['packages', 'blocks']) symlinkSync(join(shared.home, 'cache', part), join(home, 'cache', part));
  definitions = join(folder, 'definitions');
  cpSync(debian, join(definitions, 'debian'), { recursive: true });
  const file = join(definitions, 'debian/definition.yaml');
  const doomed =
    '\nactions:\n  - { name: doomed, trigger: post-unpack, script: "echo on the way; test -e /root/mended" }\n';
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\nactions:\n/, doomed));
});
afterAll(() => {
  terminal?.close();
  rmSync(folder, { recursive: true, force: true });
});

const kept = async (): Promise<readonly { readonly id: string; readonly status: string; readonly folder: string }[]> =>
  (await cooperJson<{ workspaces: Awaited<ReturnType<typeof kept>> }>(['--home', home, 'workspace', 'list']))
    .workspaces;

test('a kept workspace cannot be asked for in memory', async () => {
  const { status, stderr } = await cooper(['--home', home, 'build', miniName, '--keep', '--roots', 'memory']);
  expect(status).toBe(2);
  expect(stderr).toContain('--keep does not go with --roots memory [bad-usage]');
});

test('a debug shell is refused where nobody could type', async () => {
  const { status, stderr } = await cooper(['--home', home, 'build', miniName, '--debug-shell']);
  expect(status).toBe(2);
  expect(stderr).toContain('--debug-shell needs a terminal');
});

test('a failing action opens a shell in the box as root without network, and fails as before when it is left', async () => {
  const words = ['--home', home, 'build', miniName, '--definitions', definitions, '--debug-shell', '--keep'];
  terminal = openTerminal([program, ...words].join(' '));
  const { type, press, shows } = terminal;
  const greeting = await shows('build root:/#', 300);
  expect(greeting).toContain('This command ended with status 1:');
  expect(greeting).toContain('| on the way');
  expect(greeting).toMatch(/Leave: +exit, or Ctrl-D/);
  type('echo uid=$(id -u) net=$(ls /sys/class/net)');
  await shows('uid=0 net=lo');
  type('eval "$COOPER_FAILED"; echo again=$?');
  await shows('again=1');
  type('touch /root/mended; eval "$COOPER_FAILED"; echo again=$?');
  await shows('again=0');
  // Ctrl-C belongs to the shell.
  type('sleep 600');
  press('C-c');
  type('echo interrupted=$?');
  await shows('interrupted=130');
  type('exit');
  const end = await shows('status=', 120);
  expect(end).toContain('the action "doomed" ended with status 1 [action-failed]');
  expect(end).toContain('status=1');
  expect(end).toContain(`workspace enter ${(await kept())[0]?.id}`);
});

test('a kept workspace outlives later builds, can be entered, and goes when it is removed', async () => {
  const [workspace] = await kept();
  expect(workspace?.status).toBe('failed');
  const id = workspace?.id ?? '';
  const nowhere = 'http://127.0.0.1:9/debian';
  await cooper(['--home', home, 'build', miniName, '--mirror', nowhere, '--security-mirror', nowhere]);
  const enter = ['--home', home, 'workspace', 'enter', id, '--'];
  const inside = await cooper([...enter, 'sh', '-c', 'ls /root; id -u; exit 7']);
  expect(inside.status, inside.stderr).toBe(7);
  expect(inside.stdout).toBe('mended\n0\n');

  const visitor = spawn(program, [...enter, 'sh', '-c', 'echo here; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => visitor.stdout.once('data', () => resolve()));
  const refused = await cooper(['--home', home, 'workspace', 'remove', id]);
  expect(refused.stderr).toContain('[workspace-in-use]');
  visitor.stdin.end();
  await new Promise<void>((resolve) => visitor.once('close', () => resolve()));

  expect((await cooper(['--home', home, 'workspace', 'remove', id])).status).toBe(0);
  expect(existsSync(workspace?.folder ?? '')).toBe(false);
  expect(readdirSync(join(home, 'builds')).filter((name) => name.startsWith(id))).toEqual([]);
});

test('a workspace that is not there is told with those that are', async () => {
  const { status, stderr } = await cooper(['--home', home, 'workspace', 'enter', 'nosuch']);
  expect(status).toBe(2);
  expect(stderr).toContain('[workspace-unknown]');
});
