// bin/cooper: what it runs, and that it never runs yesterday's program in silence.

import { cpSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { version } from '../../cli/version.ts';
import { packageRoot } from '../../native/package-root.ts';
import { cooper, execute } from './cooper.ts';

let copy: string;
beforeAll(() => {
  copy = mkdtempSync('/var/tmp/cooper-program-');
  for (const part of ['package.json', 'bin', 'dist/program']) {
    cpSync(join(packageRoot, part), join(copy, part), { recursive: true, preserveTimestamps: true });
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const run = () => execute(join(copy, 'bin/cooper'), ['--version']);

test('the bundled program runs without the sources, what is compiled, and npm packages', async () => {
  expect(await run()).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('a program that was compiled and not bundled since is refused', async () => {
  const { mtime } = statSync(join(copy, 'dist/program/cli/main.js'));
  const compiled = join(copy, 'dist/.tsbuildinfo');
  writeFileSync(compiled, '{}');
  utimesSync(compiled, mtime, new Date(mtime.getTime() + 1000));
  const { status, stderr } = await run();
  expect(status).toBe(69);
  expect(stderr).toBe(
    'cooper: compiled, but not bundled since, in this checkout\n  next: npm run build (or npm run quickstart)\n',
  );
  utimesSync(compiled, mtime, mtime);
  expect((await run()).status).toBe(0);
});

test('a checkout without the program says what to do', async () => {
  rmSync(join(copy, 'dist'), { recursive: true });
  const { status, stderr } = await run();
  expect(status).toBe(69);
  expect(stderr).toContain('cooper: not compiled yet in this checkout\n  next: npm run build');
});

test('with COOPER_DEBUG=1 the stack of a failure names sources and their lines', async () => {
  const env = { ...process.env, COOPER_DEBUG: '1' };
  const { stderr } = await cooper(['show', 'no/such'], { env });
  expect(stderr).toMatch(/^ {4}at .*\/cli\/\S+\.ts:\d+:\d+/m);
  expect(stderr).not.toContain('dist/program');
});
