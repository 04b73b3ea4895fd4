// The pages at the root of the project stay true to the tree: what they link to is there, what they tell to type exists.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = dirname(createRequire(import.meta.url).resolve('#root/package.json'));
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** Links of a page that lead to no file below `base`. */
function brokenLinks(text: string, base: string): string[] {
  return [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !existsSync(join(base, target)));
}

/** npm scripts that a page names and package.json has not. */
function unknownScripts(text: string): string[] {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Readonly<Record<string, string>> };
  return [...text.matchAll(/npm run ([a-z:]+)/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !Object.hasOwn(scripts, name));
}

describe.each(pages)('%s', (page) => {
  test('links only to files that are there', () => {
    expect(brokenLinks(textOf(page), root)).toEqual([]);
  });

  test('names only npm scripts that there are', () => {
    expect(unknownScripts(textOf(page))).toEqual([]);
  });
});

test('a broken link and an unknown script are found', () => {
  expect(brokenLinks('[a](errors/table.ts) [b](errors/none.ts#x) [c](https://example.org/)', root)).toEqual([
    'errors/none.ts',
  ]);
  expect(unknownScripts('`npm run check` and `npm run chekc`')).toEqual(['chekc']);
});

test('the license is the whole of Apache-2.0', () => {
  const text = textOf('LICENSE');
  expect(text).toContain('Version 2.0, January 2004');
  expect(text).toContain('END OF TERMS AND CONDITIONS');
});
