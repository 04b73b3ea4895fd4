import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyBuild } from '../../cli/copy-build.ts';

const name = 'debian-bookworm-amd64-mini-20260101_12:00';
let folder: string;
let build: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-copy-'));
  build = join(folder, 'build');
  mkdirSync(build);
  writeFileSync(join(build, 'image.json'), '{}');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a build is copied whole into a folder that need not exist', () => {
  expect(copyBuild(build, join(folder, 'a/b', name))).toBe(join(folder, 'a/b', name));
  expect(readdirSync(join(folder, 'a/b'))).toEqual([name]);
  expect(readdirSync(join(folder, 'a/b', name))).toEqual(['image.json']);
});

test('a folder that exists is not touched', () => {
  mkdirSync(join(folder, name));
  expect(() => copyBuild(build, join(folder, name))).toThrow(expect.objectContaining({ code: 'output-exists' }));
  expect(readdirSync(join(folder, name))).toEqual([]);
});

test('what a killed copy has left goes, what a living one writes and what is not ours stays', () => {
  const out = join(folder, 'out');
  const { pid: dead } = spawnSync('true');
  const kept = [`.${name}.${process.ppid}.copying`, `.cache.${dead}.copying`, `.${name}.${dead}`];
  for (const left of [...kept, `.${name}.${dead}.copying`]) mkdirSync(join(out, left), { recursive: true });
  copyBuild(build, join(out, name));
  expect(readdirSync(out).sort()).toEqual([...kept, name].sort());
});

test('a copy that fails leaves nothing', () => {
  const out = join(folder, 'out');
  expect(() => copyBuild(join(folder, 'nowhere'), join(out, name))).toThrow();
  expect(readdirSync(out)).toEqual([]);
});
