// Patterns beside --all.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { matchesFilter, parseImageFilter } from '../../variants/filter.ts';
import { hostArchitecture, imageName, openImages } from '../../variants/index.ts';

const image = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };

test.each([
  ['debian', true],
  ['*', true],
  ['debian/bookworm', true],
  ['debian/*/amd64/mini', true],
  ['debian/*/arm64', false],
  ['*/*/*/default', false],
  ['devuan', false],
])('%s matches debian/bookworm/amd64/mini on amd64: %s', (pattern, expected) => {
  expect(matchesFilter(parseImageFilter(pattern, 'amd64'), image)).toBe(expected);
});

test('without an architecture only the one of the host is meant', () => {
  expect(matchesFilter(parseImageFilter('debian/bookworm', 'arm64'), image)).toBe(false);
});

test.each(['', 'a/b/c/d/e', 'debian//amd64', 'deb*', '../x'])('%j is bad usage', (pattern) => {
  expect(() => parseImageFilter(pattern, 'amd64')).toThrow(expect.objectContaining({ code: 'bad-usage' }));
});

let broken: string;
beforeAll(() => {
  broken = mkdtempSync(join(tmpdir(), 'cooper-filter-'));
  mkdirSync(join(broken, 'faulty'));
  writeFileSync(join(broken, 'faulty/definition.yaml'), 'name: 5\n');
});
afterAll(() => rmSync(broken, { recursive: true }));

const names = async (options: Parameters<typeof openImages>[0]) => (await openImages(options)).map(imageName);

test('all images are those of the architecture of the host', async () => {
  const all = await names({});
  expect(all).toContain(`debian/bookworm/${hostArchitecture()}/mini`);
  expect(all.filter((name) => !name.includes(`/${hostArchitecture()}/`))).toEqual([]);
});

test('a pattern may ask for every architecture, and an image that two patterns match comes once', async () => {
  expect(await names({ filters: ['debian/bookworm/*/mini', 'debian/bookworm/amd64/mini'] })).toEqual([
    'debian/bookworm/amd64/mini',
    'debian/bookworm/arm64/mini',
  ]);
});

test('a pattern that matches nothing is refused with what there is', async () => {
  await expect(names({ filters: ['debian/bokworm/amd64/mini'] })).rejects.toMatchObject({
    code: 'bad-usage',
    message: expect.stringContaining('did you mean `debian/bookworm/amd64/mini`'),
    lines: expect.arrayContaining(['debian/trixie/arm64/full']),
  });
});

test('a distribution that is not there is refused with near matches', async () => {
  await expect(names({ filters: ['debain'] })).rejects.toMatchObject({ code: 'unknown-distribution' });
});

test('a faulty definition that no pattern concerns does not matter', async () => {
  expect(await names({ definitions: broken, filters: ['debian/bookworm/amd64/mini'] })).toHaveLength(1);
  await expect(names({ definitions: broken })).rejects.toMatchObject({ code: 'definition-faulty' });
});
