import { describe, expect, test } from 'vitest';
import { type PackageRequest, resolvePackages } from '../../../../builder/source/debian/resolver.ts';
import { type Fields, sampleIndexWith } from './sample-archive.ts';

const core: [string, Fields] = ['core', { Essential: 'yes', Priority: 'required' }];
const i386 = { Architecture: 'i386' };
const same = { 'Multi-Arch': 'same' };

function resolve(
  packages: readonly [string, Fields][],
  include: readonly string[],
  more: Partial<PackageRequest> = {},
) {
  const index = sampleIndexWith(['i386'], { name: 'test', packages: [core, ...packages] });
  const { packages: found } = resolvePackages(index, { base: 'required', include, recommends: false, ...more });
  return found.map((item) => index.universe.slotOf(item)).filter((slot) => slot !== 'core');
}

const refusal = (packages: readonly [string, Fields][], include: readonly string[]) => {
  try {
    return resolve(packages, include);
  } catch (error) {
    const { code, lines } = error as { code: string; lines: string[] };
    return [code, ...lines];
  }
};

describe('dependencies of a foreign package', () => {
  test('are met by the same architecture', () => {
    const packages: [string, Fields][] = [
      ['a', { ...i386, Depends: 'lib' }],
      ['lib', same],
      ['lib', { ...i386, ...same }],
    ];
    expect(resolve(packages, ['a:i386'])).toEqual(['a:i386', 'lib:i386']);
  });

  test('are met by the native package when that is Multi-Arch: foreign', () => {
    const packages: [string, Fields][] = [
      ['a', { ...i386, Depends: 'tool' }],
      ['tool', { 'Multi-Arch': 'foreign' }],
      ['tool', { ...i386, 'Multi-Arch': 'foreign' }],
    ];
    expect(resolve(packages, ['a:i386', 'tool'])).toEqual(['a:i386', 'tool']);
  });

  test('are met by what a native package of Multi-Arch: foreign provides', () => {
    const packages: [string, Fields][] = [
      ['a', { ...i386, Depends: 'mta (>= 2)' }],
      ['mail', { 'Multi-Arch': 'foreign', Provides: 'mta (= 2)' }],
    ];
    expect(resolve(packages, ['a:i386'])).toEqual(['a:i386', 'mail']);
  });

  test('are met by a package of architecture all, which counts as native, only when it is foreign', () => {
    const packages = (multiArch: string): [string, Fields][] => [
      ['a', { ...i386, Depends: 'data' }],
      ['data', { Architecture: 'all', 'Multi-Arch': multiArch }],
    ];
    expect(resolve(packages('foreign'), ['a:i386'])).toEqual(['a:i386', 'data']);
    expect(refusal(packages('no'), ['a:i386'])).toEqual([
      'dependency-unresolvable',
      'a:i386 → data: the archive has no data:i386',
    ]);
  });

  test('with :any are met by either architecture of Multi-Arch: allowed', () => {
    const packages: [string, Fields][] = [
      ['a', { ...i386, Depends: 'python:any' }],
      ['python', { 'Multi-Arch': 'allowed' }],
      ['python', { ...i386, 'Multi-Arch': 'allowed' }],
    ];
    expect(resolve(packages, ['a:i386'])).toEqual(['a:i386', 'python']);
    expect(resolve(packages, ['a:i386', 'python:i386'])).toEqual(['a:i386', 'python:i386']);
  });

  test.each(['tool:native', 'tool:amd64'])('%s means the native one whoever says it', (depends) => {
    const packages: [string, Fields][] = [
      ['a', { ...i386, Depends: depends }],
      ['tool', {}],
      ['tool', i386],
    ];
    expect(resolve(packages, ['a:i386'])).toEqual(['a:i386', 'tool']);
  });
});

describe('two architectures of one package', () => {
  test('go together when they are Multi-Arch: same in the same version', () => {
    const packages = (version: string): [string, Fields][] => [
      ['lib', same],
      ['lib', { ...i386, ...same, Version: version }],
    ];
    expect(resolve(packages('1'), ['lib', 'lib:i386'])).toEqual(['lib', 'lib:i386']);
    expect(refusal(packages('2'), ['lib', 'lib:i386'])).toContain('dependency-unresolvable');
  });

  test('do not go together otherwise', () => {
    const packages: [string, Fields][] = [
      ['tool', {}],
      ['tool', i386],
    ];
    expect(refusal(packages, ['tool', 'tool:i386'])[0]).toBe('dependency-unresolvable');
  });

  test('of Multi-Arch: same may conflict with their own name', () => {
    const lib = { ...same, Provides: 'lib-abi', Conflicts: 'lib-abi, lib' };
    const packages: [string, Fields][] = [
      ['lib', lib],
      ['lib', { ...i386, ...lib }],
    ];
    expect(resolve(packages, ['lib', 'lib:i386'])).toEqual(['lib', 'lib:i386']);
  });
});

test('a conflict without qualifier hits all architectures', () => {
  const packages: [string, Fields][] = [
    ['a', { Conflicts: 'b' }],
    ['b', i386],
  ];
  expect(refusal(packages, ['a', 'b:i386'])[0]).toBe('dependency-unresolvable');
});

test('a name that only a foreign architecture has stands for that one', () => {
  expect(resolve([['old', i386]], ['old'])).toEqual(['old:i386']);
});

test('an exclusion is of one architecture', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'lib | other' }],
    ['lib', same],
    ['lib', { ...i386, ...same }],
    ['other', {}],
  ];
  expect(resolve(packages, ['a', 'lib:i386'], { exclude: ['lib'] })).toEqual(['a', 'lib:i386', 'other']);
});

test('an architecture that the image does not have is told', () => {
  expect(refusal([['a', {}]], ['a:arm64'])).toEqual([
    'package-unknown',
    'a:arm64: the image has packages for amd64, i386 only',
  ]);
});

test('the native architecture may be written', () => {
  expect(resolve([['a', {}]], ['a:amd64'])).toEqual(['a']);
});
