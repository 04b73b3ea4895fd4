// The manual pages that the build has written, as groff and mandoc read them.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../native/package-root.ts';
import { execute } from './cooper.ts';

const folder = join(packageRoot, 'man');
const pages = readdirSync(folder).map((name) => join(folder, name));

test('mandoc has nothing to say against them, not even of style', async () => {
  expect(pages.length).toBeGreaterThan(20);
  expect(await execute('mandoc', ['-T', 'lint', '-W', 'style', ...pages])).toMatchObject({ status: 0, stdout: '' });
});

test('groff has no warning', async () => {
  const words = ['-K', 'utf8', '-man', '-T', 'utf8', '-ww', '-z', ...pages];
  expect(await execute('groff', words)).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

test('man shows the words of the help', async () => {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80' };
  const page = join(folder, 'cooper-create.1');
  const { stdout, stderr } = await execute('man', ['--warnings', '--local-file', '--pager=cat', page], { env });
  expect(stderr).toBe('');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toContain('cooper create [options] [name] [image]');
  expect(stdout).toMatch(/--flush-cache/);
});

test('whatis finds what each is about', async () => {
  const { stdout } = await execute('lexgrog', pages);
  expect(stdout.match(/: "cooper\S* - .+"/g)).toHaveLength(pages.length);
});
