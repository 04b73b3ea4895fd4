import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkHome, homeAt, markHome, openHome } from '../../cli/home.ts';

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
  expect(readdirSync(join(folder, 'new'))).toEqual(['format']);
});

test('a home of a later format is refused', () => {
  writeFileSync(join(folder, 'format'), '2\n');
  expect(() => checkHome(homeAt(folder, {}))).toThrow(expect.objectContaining({ code: 'home-too-new' }));
});

test.each(['', 'one\n'])('a marker that says %j, as a full disk leaves one, is written anew', (text) => {
  writeFileSync(join(folder, 'format'), text);
  const home = homeAt(folder, {});
  checkHome(home);
  markHome(home);
  expect(readFileSync(join(folder, 'format'), 'utf8')).toBe('1\n');
});

test('a home below something that is no folder is refused with its path', () => {
  writeFileSync(join(folder, 'file'), '');
  const home = homeAt(join(folder, 'file/home'), {});
  const refusal = expect.objectContaining({ code: 'home-unusable', message: expect.stringContaining(home.path) });
  expect(() => checkHome(home)).toThrow(refusal);
  expect(() => openHome(home)).toThrow(refusal);
});

test('a home whose marker cannot be placed is refused, and nothing is left in it', () => {
  mkdirSync(join(folder, 'format/below'), { recursive: true });
  expect(() => checkHome(homeAt(folder, {}))).toThrow(expect.objectContaining({ code: 'home-unusable' }));
  expect(readdirSync(folder)).toEqual(['format']);
});
