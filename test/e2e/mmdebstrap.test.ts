// Judge: mmdebstrap, which installs with apt and dpkg. For the same names it makes the same tree, file by file.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installTwice, type TwoTrees, unexplained } from './beside-mmdebstrap.ts';
import { execute } from './cooper.ts';
import { miniName, publishedMini } from './published.ts';

let folder: string;
let trees: TwoTrees;

beforeAll(async () => {
  folder = mkdtempSync('/var/tmp/cooper-mmdebstrap-');
  const { home } = await publishedMini();
  trees = await installTwice(miniName, home, folder);
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function query(root: string, format: string): Promise<readonly string[]> {
  const asked = await execute('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-W', '-f', format]);
  expect(asked.status, asked.stderr).toBe(0);
  return asked.stdout.trimEnd().split('\n').sort();
}

test('the same packages in the same versions and states are installed', async () => {
  const format = '$'.concat('{binary:Package} $', '{Version} $', '{db:Status-Abbrev}\n');
  expect(await query(trees.ours, format)).toEqual(await query(trees.theirs, format));
});

test('the status of every package is the same to the byte', () => {
  const stanzas = (root: string): string[] =>
    readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8').trimEnd().split('\n\n').sort();
  expect(stanzas(trees.ours)).toEqual(stanzas(trees.theirs));
});

test('every file has the same type, mode, owner, attributes, content and hard links, but for explained ones', () => {
  expect(unexplained(trees)).toEqual([]);
});
