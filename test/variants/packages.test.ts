import { expect, test } from 'vitest';
import { loadDefinition, resolveImage, sourceOf } from '../../variants/index.ts';
import { namedPackages } from '../../variants/packages.ts';
import { flat } from './flat.ts';
import { changed, faultsIn, sample, withDefinition } from './sample.ts';

test('the last word about a name counts, and every name keeps its place otherwise', () => {
  expect(namedPackages(['a', 'b', 'a'])).toEqual({ include: ['a', 'b'], exclude: [] });
  expect(namedPackages(['a', 'b', '-a'])).toEqual({ include: ['b'], exclude: ['a'] });
  expect(namedPackages(['-a', 'b', 'a'])).toEqual({ include: ['b', 'a'], exclude: [] });
  expect(namedPackages(['a', '-a:i386'])).toEqual({ include: ['a'], exclude: ['a:i386'] });
});

const whole = (yaml: string, architecture = 'amd64', variant = 'large') =>
  withDefinition(yaml, async (folder) => {
    const id = { distribution: 'sample', release: 'new', architecture, variant };
    return resolveImage(await loadDefinition(folder), id);
  });
const resolved = async (...words: Parameters<typeof whole>) => flat(await whole(...words));

test('a variant may keep out what the one that it extends has', async () => {
  const yaml = changed('    packages: []', '    packages: [-beta, "-theta"]');
  expect(await resolved(yaml)).toMatchObject({ exclude: ['beta', 'theta'] });
  expect((await resolved(yaml)).include).not.toContain('beta');
  expect((await resolved(yaml, 'amd64', 'default')).exclude).toEqual([]);
});

test('pins of suites and foreign architectures reach the source', async () => {
  const pinned = changed('archive: main }\n', 'archive: main, pin: -10, pins: { alpha: 990 } }\n');
  const yaml = changed('\nvariants:', '\nforeignArchitectures: { amd64: [i386] }\nvariants:', pinned);
  const source = sourceOf(await whole(yaml), 'debian');
  expect(source.suites[0]).toMatchObject({ name: 'new', pin: -10, pins: { alpha: 990 } });
  expect(source.suites[1]).not.toHaveProperty('pin');
  expect(source.foreign).toEqual(['i386']);
  expect(sourceOf(await whole(yaml, 'arm64'), 'debian').foreign).toEqual([]);
});

test.each([
  ['the same name wanted and kept out in one variant', '[alpha, beta]', '[alpha, -alpha]', /`alpha` is named twice/],
  ['an architecture that is not declared', '[alpha, beta]', '["alpha:i386"]', /`i386` of `alpha:i386` is not among/],
  ['a priority of 0', 'archive: main }\n', 'archive: main, pin: 0 }\n', /a priority other than 0/],
  ['a pin that is no number', 'archive: main }\n', 'archive: main, pin: high }\n', /pin/],
  ['foreign to none', '\nvariants:', '\nforeignArchitectures: { amd46: [i386] }\nvariants:', /`amd46`.*did you mean/],
  ['two exclusions in one word', '[alpha, beta]', '["--alpha"]', /a package name/],
])('refused: %s', async (_name, from, to, message) => {
  expect((await faultsIn(changed(from, to, sample))).join('\n')).toMatch(message);
});
