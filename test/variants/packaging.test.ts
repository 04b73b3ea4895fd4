// The section `packaging`: what it gives to an image, and its faults.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { loadDefinition, resolveImage } from '../../variants/index.ts';
import type { ResolvedImage } from '../../variants/resolved.ts';
import { writeDefinition } from '../e2e/seed-definitions.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-packaging-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function image(packaging: readonly string[]): Promise<ResolvedImage> {
  writeDefinition(folder, 'sample', ['kind: directory', 'path: /srv/root'], ['packaging:', ...packaging]);
  writeFileSync(join(folder, 'sample/tools.asc'), 'THE KEY\n');
  const definition = await loadDefinition(join(folder, 'sample'), 'definition.yaml');
  const id = { distribution: 'sample', release: 'one', architecture: 'amd64', variant: 'default' };
  return resolveImage(definition, id);
}

async function faults(packaging: readonly string[]): Promise<string> {
  const error: unknown = await image(packaging).catch((thrown: unknown) => thrown);
  return error instanceof CooperError ? error.lines.join('\n') : '';
}

const repository = (more: Readonly<Record<string, string>>) => [
  `  repositories: [${JSON.stringify({ name: 'tools', url: 'https://a.example/x', key: './tools.asc', ...more })}]`,
];

test('a repository has the text of its key and the name of that file', async () => {
  const repositories = [
    { name: 'tools', url: 'https://a.example/x', key: 'THE KEY\n', keyName: 'tools.asc', suite: './' },
  ];
  expect((await image(repository({ suite: './' }))).packaging).toEqual({ update: false, repositories });
});

test('one that says nothing changes nothing', async () => {
  expect(await image(['  update: false'])).not.toHaveProperty('packaging');
});

test.each([
  ['a name of several lines', { name: 'tools\n[evil]' }, /a name of lower-case letters/],
  ['a name that leads elsewhere', { name: '../tools' }, /a name of lower-case letters/],
  ['a URL of several lines', { url: 'http://a.example/x\nTrusted: yes' }, /a URL without blanks/],
  ['a URL with a password', { url: 'http://me:secret@a.example/x' }, /without credentials/],
  ['a URL of files', { url: 'file:///srv' }, /expected an http or https URL/],
  ['a suite of several lines', { suite: 'stable\nTrusted: yes' }, /expected the name of a suite/],
  ['a suite that leads elsewhere', { suite: '../x' }, /expected the name of a suite/],
  ['a key that is not there', { key: './nothing.asc' }, /`\.\/nothing\.asc` does not exist/],
  ['a key out of the folder', { key: '../../../etc/hostname' }, /leaves the folder/],
  ['a key of an odd name', { key: './to\nols.asc' }, /a file whose name has/],
])('%s is a fault', async (_, more, expected) => {
  expect(await faults(repository(more))).toMatch(expected);
});

test('commands know no place for repositories', async () => {
  const commands = ['  commands: { install: [[tool, add, "{names}"]] }'];
  expect(await faults([...repository({}), ...commands])).toMatch(/place their files by `files` and `actions`/);
  expect(await faults(['  commands: { install: [[]] }'])).toMatch(/at least one entry/);
  expect(await faults(['  commands: { install: [["a\\0b"]] }'])).toMatch(/a word without NUL/);
});
