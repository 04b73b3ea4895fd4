import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkHome, homeAt, openHome } from '../../cli/home.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-home-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('--home goes before the environment', () => {
  expect(homeAt('/a', { COOPER_HOME: '/b' })).toMatchObject({ path: '/a', containers: '/a/containers', chosen: true });
  expect(homeAt(undefined, { COOPER_HOME: '/b' })).toMatchObject({ path: '/b', chosen: true });
});

test('a home that nobody chose is marked as such', () => {
  expect(homeAt(undefined, { XDG_DATA_HOME: '/data' }).chosen).toBe(false);
});

test('a new home is marked with its format', () => {
  openHome(homeAt(join(folder, 'new'), {}));
  expect(readFileSync(join(folder, 'new/format'), 'utf8')).toBe('1\n');
});

test('a home of a later format is refused', () => {
  writeFileSync(join(folder, 'format'), '2\n');
  expect(() => checkHome(homeAt(folder, {}))).toThrow(expect.objectContaining({ code: 'home-too-new' }));
});
