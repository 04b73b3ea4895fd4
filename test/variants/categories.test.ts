// Categories of packages in definitions: inherited, under conditions, and only where the source has them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadDefinition, resolveImage } from '../../variants/index.ts';
import { plamoDefinition } from '../e2e/plamo-mirror.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-categories-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(change: (text: string) => string) {
  for (const [path, text] of Object.entries(plamoDefinition('https://a.example'))) {
    const file = join(folder, 'plamo', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, path === 'definition.yaml' ? change(text) : text);
  }
  return loadDefinition(join(folder, 'plamo'), 'definition.yaml');
}

const image = { distribution: 'plamo', release: '8.x', architecture: 'amd64', variant: 'mini' };

test('a variant has those of the one that it extends, and those whose condition holds', async () => {
  const more =
    '[01_minimum, { names: [02_x11], when: { releases: [8.x] } }, { names: [03_x], when: { releases: [7.x] } }]';
  const loaded = await load((text) =>
    text
      .replace('8.x: {', '7.x: { version: "7" }\n  8.x: {')
      .replace('categories: [01_minimum]', `categories: ${more}`),
  );
  const { layers, source } = resolveImage(loaded, image);
  expect(layers.map(({ categories }) => categories)).toEqual([['00_base'], ['00_base', '01_minimum', '02_x11']]);
  expect(layers[1]?.include).toEqual(['contrib/Hamradio/morse']);
  expect(source).toEqual({ kind: 'plamo', mirror: 'https://a.example/Plamo-8.x/x86_64', ignore: ['kernel'] });
});

test.each([
  [
    'an unknown release',
    (text: string) => text.replace('[01_minimum]', '[{ names: [a], when: { releases: [x] } }]'),
    /`x` is not among the releases/,
  ],
  ['a name with dots', (text: string) => text.replace('[01_minimum]', '[../etc]'), /expected the name of a category/],
  ['none', (text: string) => text.replace('[01_minimum]', '[]'), /expected at least one entry/],
  [
    'a source without such',
    (text: string) => text.replace(/ {2}kind: plamo\n.*\n.*\n/, '  kind: directory\n  path: /srv\n'),
    /categories: the source has no such[\s\S]*`contrib\/Hamradio\/morse`: the source has no folders of packages/,
  ],
])('%s is a fault', async (_what, change, expected) => {
  const thrown = await load(change).catch((error: unknown) => error);
  expect((thrown as { lines: readonly string[] }).lines.join('\n')).toMatch(expected);
});
