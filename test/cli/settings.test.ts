import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { homeAt } from '../../cli/home.ts';
import { readSettings } from '../../cli/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const settings = (text: string): unknown => {
  writeFileSync(join(folder, 'cooper.yaml'), text);
  return readSettings(homeAt(folder, {}));
};

test('a home without cooper.yaml has no mirrors of its own', () => {
  expect(readSettings(homeAt(folder, {}))).toEqual({ mirrors: {} });
});

test('mirrors are read by distribution', () => {
  expect(settings('mirrors:\n  debian: { main: "http://mirror.example/debian" }\n')).toEqual({
    mirrors: { debian: { main: 'http://mirror.example/debian' } },
  });
});

test('every fault is told', () => {
  const faulty = 'mirrors:\n  debian: { main: "ftp://mirror.example/" , secret: 1 }\ncolour: red\n';
  expect(() => settings(faulty)).toThrow(
    expect.objectContaining({
      code: 'settings-faulty',
      lines: expect.arrayContaining([
        expect.stringContaining('mirrors.debian.main'),
        expect.stringContaining('colour'),
      ]),
    }),
  );
});

test('text that is no YAML is refused', () => {
  expect(() => settings('mirrors: [')).toThrow(expect.objectContaining({ code: 'settings-faulty' }));
});
