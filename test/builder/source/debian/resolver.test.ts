import { describe, expect, test } from 'vitest';
import { type PackageRequest, resolvePackages } from '../../../../builder/source/debian/resolver.ts';
import { type Fields, sampleIndex } from './sample-archive.ts';

const base: PackageRequest = { base: 'required', include: [], recommends: false };
const essential: [string, Fields] = ['core', { Essential: 'yes', Priority: 'required' }];

function resolve(packages: readonly [string, Fields][], request: Partial<PackageRequest> = {}): string[] {
  const index = sampleIndex({ name: 'test', packages: [essential, ...packages] });
  return resolvePackages(index, { ...base, ...request })
    .packages.map(({ name }) => name)
    .filter((name) => name !== 'core');
}

function failure(
  packages: readonly [string, Fields][],
  request: Partial<PackageRequest>,
): { code: string; message: string; lines: string[] } {
  try {
    throw new Error(`resolved to ${resolve(packages, request)}`);
  } catch (error) {
    return error as { code: string; message: string; lines: string[] };
  }
}

const include = (...names: string[]) => ({ include: names });

test.each([
  ['essential', ['core']],
  ['required', ['core', 'r']],
  ['important', ['core', 'i', 'r']],
  ['standard', ['core', 'i', 'r', 's']],
] as const)('base %s', (level, expected) => {
  const packages: [string, Fields][] = [
    essential,
    ['r', { Priority: 'required' }],
    ['i', { Priority: 'important' }],
    ['s', { Priority: 'standard' }],
    ['o', {}],
  ];
  const set = resolvePackages(sampleIndex({ name: 'test', packages }), { ...base, base: level });
  expect(set.packages.map(({ name }) => name)).toEqual(expected);
  expect([...set.essential].map(({ name }) => name)).toEqual(['core']);
});

test('dependencies of all depths come, cycles included, suggestions do not', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'b', Suggests: 'x' }],
    ['b', { 'Pre-Depends': 'd', Depends: 'c' }],
    ['c', { Depends: 'a' }],
    ['d', {}],
    ['x', {}],
  ];
  expect(resolve(packages, include('a'))).toEqual(['a', 'b', 'c', 'd']);
});

test('what came for a package that then failed stays where something suggests it, as with apt', () => {
  const packages: [string, Fields][] = [
    ['want', { Recommends: 'a, x', Suggests: 'y' }],
    ['a', { Depends: 'bad' }],
    ['bad', { Depends: 'gone' }],
    ['gone', {}],
    // That bad has failed before is seen when its turn comes, not when x is begun.
    ['x', { Depends: 'y, bad' }],
    ['y', {}],
  ];
  const request = { ...include('want'), recommends: true, exclude: ['gone'] };
  expect(resolve(packages, request)).toEqual(['want', 'y']);
});

test('an older package of one source that is named stays when something else is missing, as with apt', () => {
  const packages: [string, Fields][] = [
    ['want', { Recommends: 'tools, missing' }],
    ['content', { Recommends: 'tools' }],
    ['tools', { Depends: 'new-tools', Source: 'bind (1)' }],
    ['new-tools', { Provides: 'tools', Source: 'bind (2)' }],
  ];
  const recommends = true;
  expect(resolve(packages, { ...include('want'), recommends })).toEqual(['new-tools', 'tools', 'want']);
  expect(resolve(packages, { ...include('content'), recommends })).toEqual(['content', 'new-tools']);
});

test('however many ways lead through an archive, the explanation comes', () => {
  const level = (at: number): Fields => (at === 40 ? {} : { Depends: `x${at + 1}, y${at + 1}` });
  const lattice = Array.from({ length: 41 }, (_, at): [string, Fields][] => [
    [`x${at}`, level(at)],
    [`y${at}`, level(at)],
  ]).flat();
  const packages: [string, Fields][] = [['a', { Depends: 'b' }], ['b', { Depends: 'x0, y0' }], ...lattice];
  expect(failure(packages, { ...include('a'), exclude: ['b'] })).toMatchObject({
    code: 'dependency-unresolvable',
    lines: ['a → b: b is excluded'],
  });
});

test('recommendations come when wanted and are given up when they cannot be had', () => {
  const packages: [string, Fields][] = [
    ['a', { Recommends: 'b, c, gone' }],
    ['b', {}],
    ['c', { Depends: 'gone' }],
  ];
  expect(resolve(packages, include('a'))).toEqual(['a']);
  expect(resolve(packages, { ...include('a'), recommends: true })).toEqual(['a', 'b']);
});

test('the first alternative that can be installed is taken', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'gone | broken | b | c' }],
    ['broken', { Depends: 'gone' }],
    ['b', {}],
    ['c', {}],
  ];
  expect(resolve(packages, include('a'))).toEqual(['a', 'b']);
});

test('what a failed alternative had drawn in is left out again', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'b | c' }],
    ['b', { Depends: 'extra, deep' }],
    ['extra', {}],
    ['deep', { Depends: 'deeper' }],
    ['deeper', { Depends: 'gone' }],
    ['c', {}],
  ];
  expect(resolve(packages, include('a'))).toEqual(['a', 'c']);
});

test('an alternative that is named anyway satisfies, whichever place it has', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'b | c' }],
    ['b', {}],
    ['c', {}],
  ];
  expect(resolve(packages, include('a', 'c'))).toEqual(['a', 'c']);
});

test('a named alternative satisfies an essential package too', () => {
  const packages: [string, Fields][] = [
    ['init', { Essential: 'yes', Depends: 'usrmerge | usr-is-merged' }],
    ['usrmerge', { Depends: 'perl', Provides: 'usr-is-merged' }],
    ['usr-is-merged', {}],
    ['perl', {}],
  ];
  expect(resolve(packages)).toEqual(['init', 'perl', 'usrmerge']);
  expect(resolve(packages, include('usr-is-merged'))).toEqual(['init', 'usr-is-merged']);
});

test('a package that is named and that the base only suggests comes with its own dependencies in the second pass', () => {
  const index = sampleIndex({
    name: 'test',
    packages: [
      ['core', { Essential: 'yes', Suggests: 'a' }],
      ['a', { Depends: 'b' }],
      ['b', {}],
    ],
  });
  const set = resolvePackages(index, { ...base, ...include('a') });
  expect([...set.essential].map(({ name }) => name)).toEqual(['core']);
  expect([...set.automatic].map(({ name }) => name)).toEqual(['b']);
});

test('a virtual package: the higher priority wins, then the one apt met last', () => {
  const provider = { Provides: 'mta' };
  const packages: [string, Fields][] = [
    ['a', { Depends: 'mta' }],
    ['m1', provider],
    ['m2', provider],
    ['m3', { ...provider, Priority: 'extra' }],
  ];
  expect(resolve(packages, include('a'))).toEqual(['a', 'm2']);
  expect(resolve([...packages, ['m0', { ...provider, Priority: 'standard' }]], include('a'))).toEqual(['a', 'm0']);
  // A name counts as met where another package first mentions it.
  expect(resolve([['z', { Suggests: 'm2, m1' }], ...packages], include('a'))).toEqual(['a', 'm1']);
});

test('only a versioned Provides satisfies a versioned dependency', () => {
  const packages = (provides: string): [string, Fields][] => [
    ['a', { Depends: 'v (>= 2)' }],
    ['b', { Provides: provides }],
  ];
  expect(resolve(packages('v (= 2.1)'), include('a'))).toEqual(['a', 'b']);
  expect(failure(packages('v'), include('a'))).toMatchObject({
    code: 'dependency-unresolvable',
    lines: ['a → v (>= 2): v is only provided by b'],
  });
});

test('a qualifier :any is satisfied by Multi-Arch: allowed alone', () => {
  const packages = (multiArch: string): [string, Fields][] => [
    ['a', { Depends: 'python:any' }],
    ['python', { 'Multi-Arch': multiArch }],
  ];
  expect(resolve(packages('allowed'), include('a'))).toEqual(['a', 'python']);
  expect(failure(packages('foreign'), include('a')).code).toBe('dependency-unresolvable');
});

test('packages of another architecture are not seen', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'b' }],
    ['b', { Architecture: 'arm64' }],
    ['b', { Architecture: 'all', Version: '0' }],
  ];
  expect(resolve(packages, include('a'))).toEqual(['a', 'b']);
});

test('the highest version of all suites wins, a suite that is not automatic does not count', () => {
  const suite = (name: string, version: string, pin = 500) => ({
    name,
    pin,
    packages: [['core', { Essential: 'yes', Version: version }]] as [string, Fields][],
  });
  const index = sampleIndex(suite('base', '1.0'), suite('security', '1.0+deb1'), suite('experimental', '2', 1));
  expect(resolvePackages(index, base).packages.map(({ version }) => version)).toEqual(['1.0+deb1']);
});

test('what is chosen already wins over an alternative that conflicts with it, in either direction', () => {
  const packages = (first: Fields, second: Fields): [string, Fields][] => [
    ['a', { Depends: 'old, new | other' }],
    ['old', first],
    ['new', second],
    ['other', {}],
  ];
  expect(resolve(packages({}, { Conflicts: 'old' }), include('a'))).toEqual(['a', 'old', 'other']);
  expect(resolve(packages({ Breaks: 'new (<< 2)' }, {}), include('a'))).toEqual(['a', 'old', 'other']);
  expect(resolve(packages({ Breaks: 'new (<< 1)' }, {}), include('a'))).toEqual(['a', 'new', 'old']);
});

test('a package may conflict with what it provides itself', () => {
  const packages: [string, Fields][] = [['a', { Provides: 'mta', Conflicts: 'mta' }]];
  expect(resolve(packages, include('a'))).toEqual(['a']);
});

test('two named packages that conflict are refused, with both chains', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'x' }],
    ['x', { Conflicts: 'y' }],
    ['b', { Depends: 'y' }],
    ['y', { Version: '3' }],
  ];
  const { code, lines } = failure(packages, include('a', 'b'));
  expect(code).toBe('dependency-unresolvable');
  expect(lines.join('\n')).toMatch(/a → x|b → y/);
});

test('a dependency that is missing deep down is shown with its chain and what is there instead', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'b' }],
    ['b', { Depends: 'c (>= 2) | d' }],
    ['c', { Version: '1.5' }],
  ];
  expect(failure(packages, include('a'))).toMatchObject({
    code: 'dependency-unresolvable',
    lines: ['a → b → c (>= 2) | d: the archive has c 1.5; the archive has no d'],
  });
});

test('an excluded package is not taken, and what needs it is refused', () => {
  const packages: [string, Fields][] = [
    ['a', { Depends: 'b | c' }],
    ['b', {}],
    ['c', {}],
  ];
  expect(resolve(packages, { ...include('a'), exclude: ['b'] })).toEqual(['a', 'c']);
  expect(failure(packages, { ...include('a'), exclude: ['b', 'c'] }).code).toBe('dependency-unresolvable');
});

test('all unknown names are told at once, with near ones', () => {
  const packages: [string, Fields][] = [
    ['systemd-sysv', {}],
    ['mta1', { Provides: 'mta' }],
    ['mta2', { Provides: 'mta' }],
  ];
  expect(failure(packages, include('systemd-syvs', 'qqqqqqqq', 'mta'))).toMatchObject({
    code: 'package-unknown',
    lines: [
      'there is no package systemd-syvs; did you mean systemd-sysv?',
      'there is no package qqqqqqqq',
      'mta is provided by several packages: name one of mta1, mta2',
    ],
  });
});

test('a virtual name with one provider stands for it', () => {
  expect(resolve([['real', { Provides: 'virtual' }]], include('virtual'))).toEqual(['real']);
});

describe('a loop of Pre-Depends', () => {
  test('is refused with all of its packages', () => {
    const packages: [string, Fields][] = [
      ['a', { 'Pre-Depends': 'b' }],
      ['b', { Depends: 'c' }],
      ['c', { 'Pre-Depends': 'a' }],
    ];
    expect(failure(packages, include('a'))).toMatchObject({
      code: 'dependency-loop',
      message: 'each of these has to be configured before the one before it: a → b → c → a',
    });
  });

  test('is none when an alternative leads out of it', () => {
    const packages: [string, Fields][] = [
      ['a', { 'Pre-Depends': 'b | d' }],
      ['b', { 'Pre-Depends': 'a' }],
      ['d', {}],
    ];
    expect(resolve(packages, include('a', 'b', 'd'))).toEqual(['a', 'b', 'd']);
    expect(failure(packages, include('a', 'b')).code).toBe('dependency-loop');
  });

  test('is none when only Depends go round', () => {
    const packages: [string, Fields][] = [
      ['a', { 'Pre-Depends': 'b' }],
      ['b', { Depends: 'c' }],
      ['c', { Depends: 'b' }],
    ];
    expect(resolve(packages, include('a'))).toEqual(['a', 'b', 'c']);
  });
});

describe('pins', () => {
  const one = { name: 'one', packages: [essential, ['a', { Version: '1' }], ['b', { Version: '1' }]] as const };
  const two = {
    name: 'two',
    packages: [
      ['a', { Version: '2' }],
      ['b', { Version: '2' }],
    ] as const,
  };
  const versions = (pin: number | undefined, pins?: Record<string, number>) => {
    const second = { ...two, ...(pin === undefined ? {} : { pin }), ...(pins === undefined ? {} : { pins }) };
    const index = sampleIndex(copied(one), copied(second));
    const { packages } = resolvePackages(index, { ...base, include: ['a', 'b'] });
    return packages.filter(({ name }) => name !== 'core').map(({ version }) => version);
  };
  const copied = <T extends { packages: readonly (readonly [string, Fields])[] }>(suite: T) => ({
    ...suite,
    packages: suite.packages.map(([name, fields]) => [name, fields] as [string, Fields]),
  });

  test('decide before versions do', () => {
    expect(versions(undefined)).toEqual(['2', '2']);
    expect(versions(100)).toEqual(['1', '1']);
    expect(versions(-1)).toEqual(['1', '1']);
  });

  test('of single packages stand instead of the one of the suite', () => {
    expect(versions(100, { b: 990 })).toEqual(['1', '2']);
    expect(versions(900, { b: -1 })).toEqual(['2', '1']);
  });
});

describe('what a later choice breaks', () => {
  test('is given up when nobody needs it', () => {
    const packages: [string, Fields][] = [
      ['a', { Recommends: 'r' }],
      ['r', { Conflicts: 'z' }],
      ['z', {}],
    ];
    expect(resolve(packages, { ...include('a', 'z'), recommends: true })).toEqual(['a', 'z']);
  });

  test('is replaced by another alternative when something asked for needs it', () => {
    const packages: [string, Fields][] = [
      ['a', { Depends: 'x | y' }],
      ['x', {}],
      ['y', {}],
      ['z', { Conflicts: 'x' }],
    ];
    expect(resolve(packages, include('a', 'z'))).toEqual(['a', 'y', 'z']);
  });
});

test('an excluded package of the base is left out, and one that does not exist is told', () => {
  const packages: [string, Fields][] = [['r', { Priority: 'required' }]];
  expect(resolve(packages, { exclude: ['r'] })).toEqual([]);
  expect(failure(packages, { exclude: ['rr'] })).toMatchObject({
    code: 'package-unknown',
    lines: ['there is no package rr; did you mean r? (it is excluded)'],
  });
});
