// The LXC template as a file: written, found again, replaced and removed, and what it does when what it starts has moved.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cooper, cooperJson, execute, program } from '../e2e/cooper.ts';

let folder: string;
const file = () => join(folder, "it's/lxc-cooper");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-template-'));
  await execute('mkdir', [dirname(file())]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the file with other paths of what it starts in it. */
function runMoved(path: string): ReturnType<typeof execute> {
  const moved = join(folder, 'moved');
  writeFileSync(moved, readFileSync(file(), 'utf8').replaceAll(program, join(folder, 'gone')));
  chmodSync(moved, 0o755);
  return execute(moved, ['--help'], { env: { PATH: path } });
}

it('is written in one step, runs, and is replaced by a later one', async () => {
  const words = ['template', 'install', '--path', file()];
  const use = `lxc-create -t ${file()} -n NAME -- -d DIST -r RELEASE -a ARCH`;
  expect(await cooperJson(words)).toEqual({ file: file(), node: process.execPath, cooper: program, use });
  expect(statSync(file()).mode & 0o777).toBe(0o755);
  expect(await execute(file(), ['--help'], { env: {} })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Usage: lxc-create -t cooper'),
  });
  const written = readFileSync(file(), 'utf8');
  writeFileSync(file(), `${written}# of an older version\n`);
  await cooperJson(words);
  expect(readFileSync(file(), 'utf8')).toBe(written);
  expect(readdirSync(dirname(file()))).toEqual(['lxc-cooper']);
});

it('says what to do when it is not run by lxc-create', async () => {
  expect(await execute(file(), ['-d', 'debian', '-r', 'bookworm'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('[bad-usage]'),
  });
});

it('takes the cooper of PATH when its own has moved, and says what to do when there is none', async () => {
  expect(await runMoved(`${dirname(program)}:${process.env.PATH}`)).toMatchObject({ status: 0 });
  expect(await runMoved('/usr/bin:/bin')).toMatchObject({
    status: 69,
    stderr: expect.stringContaining('next: cooper template install'),
  });
});

it('is removed, and need not be there for that', async () => {
  const words = ['template', 'remove', '--path', file()];
  expect(await cooperJson(words)).toEqual({ file: file(), removed: true });
  expect(readdirSync(dirname(file()))).toEqual([]);
  expect(await cooperJson(words)).toEqual({ file: file(), removed: false });
});

it.each(['install', 'remove'])('leaves the file of somebody else alone: %s', async (word) => {
  writeFileSync(file(), '#!/bin/sh\nexit 0\n');
  const outcome = await cooper(['template', word, '--path', file()]);
  expect(outcome).toMatchObject({ status: 1, stderr: expect.stringContaining('[lxc-template-foreign]') });
  expect(readFileSync(file(), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
});

it('is not written where there is no folder', async () => {
  const outcome = await cooper(['template', 'install', '--path', join(folder, 'none/lxc-cooper')]);
  expect(outcome).toMatchObject({ status: 1, stderr: expect.stringContaining('[lxc-template-unwritable]') });
});
