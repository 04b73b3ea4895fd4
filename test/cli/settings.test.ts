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

test('retention is read, with patterns in parts and a grace of two days', () => {
  const text = 'retention:\n  keep: 3\n  days: 30\n  images:\n    - { match: "debian/*/*/mini", keep: 10 }\n';
  expect(settings(text)).toEqual({
    mirrors: {},
    retention: {
      keep: 3,
      days: 30,
      grace: 48,
      images: [{ match: { distribution: 'debian', variant: 'mini' }, keep: 10 }],
    },
  });
  expect(settings('retention: { grace: 2.5, images: [{ match: debian }] }')).toMatchObject({
    retention: { grace: 2.5, images: [{ match: { distribution: 'debian' } }] },
  });
});

test.each([
  ['retention: { keep: 0 }', 'retention.keep'],
  ['retention: { days: -1 }', 'retention.days'],
  ['retention: { grace: two days }', 'retention.grace'],
  ['retention: { kept: 3 }', 'kept'],
  ['retention: { images: [{ keep: 3 }] }', 'retention.images.0.match'],
  ['retention: { images: [{ match: "a/b/c/d/e" }] }', 'retention.images.0.match'],
  ['retention: { images: [{ match: "../x" }] }', 'retention.images.0.match'],
  ['retention: 3', 'retention'],
])('%s is refused', (text, where) => {
  expect(() => settings(text)).toThrow(
    expect.objectContaining({ code: 'settings-faulty', lines: [expect.stringContaining(where)] }),
  );
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

test('what the gate lets pass of images of others is read, for some images or for all', () => {
  const text =
    'mirror:\n  waivers:\n    - { rule: machine-id, reason: none made, match: "alpine/*/amd64" }\n    - { rule: no-init, reason: none, paths: [/sbin/*] }\n';
  expect(settings(text)).toMatchObject({
    mirror: {
      waivers: [
        {
          rule: 'machine-id',
          reason: 'none made',
          paths: [],
          match: { distribution: 'alpine', architecture: 'amd64' },
        },
        { rule: 'no-init', reason: 'none', paths: ['/sbin/*'] },
      ],
    },
  });
});

test.each([
  ['a waiver without reason', 'mirror: { waivers: [{ rule: no-init }] }'],
  ['a path that is relative', 'mirror: { waivers: [{ rule: no-init, reason: x, paths: [sbin] }] }'],
  ['a pattern that is none', 'mirror: { waivers: [{ rule: no-init, reason: x, match: a b }] }'],
])('%s is refused', (_what, text) => {
  expect(() => settings(text)).toThrow(expect.objectContaining({ code: 'settings-faulty' }));
});
