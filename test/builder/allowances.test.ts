import { describe, expect, test } from 'vitest';
import { isWithin, mayBeInner, missingAllowances, parseAllowances } from '../../builder/allowances.ts';
import { type Isolation, isolationDefaults } from '../../variants/index.ts';
import type { Source } from '../../variants/resolved.ts';

const plain: Isolation = {
  shareNamespaces: [],
  capabilities: isolationDefaults.capabilities,
  seccomp: 'guarded',
  memory: isolationDefaults.memory,
  pids: isolationDefaults.pids,
  seconds: isolationDefaults.seconds,
  binds: [],
};
const bold: Isolation = {
  ...plain,
  shareNamespaces: ['uts'],
  capabilities: ['chown', 'sys_admin'],
  seccomp: 'off',
  binds: [{ source: '/srv/data', target: '/run/data' }],
};
const published: Source = { kind: 'container', name: 'ct01' };
const folder: Source = { kind: 'directory', path: '/srv/roots/one' };
const archive: Source = {
  kind: 'rootfs',
  archive: { url: 'https://a.example/r.tar', verify: { by: 'digest', sha256: '' } },
  topFolder: 'keep',
};
const missing = (isolation: Isolation, words: readonly string[] = [], source: Source = archive) =>
  missingAllowances({ isolation, source }, parseAllowances(words));

describe('what a definition needs to be allowed', () => {
  test('is nothing with the defaults', () => {
    expect(missing(plain)).toEqual([]);
  });

  test('is nothing when it keeps fewer capabilities and sets other limits', () => {
    expect(missing({ ...plain, capabilities: ['chown'], memory: 2 ** 40, pids: 99_999, seconds: 99_999 })).toEqual([]);
  });

  test('is the folder or the container that an image is made of', () => {
    expect(missing(plain, [], folder)).toEqual(['--allow bind=/srv/roots/one']);
    expect(missing(plain, ['bind=/srv/roots'], folder)).toEqual([]);
    expect(missing(plain, ['bind=/srv/roots/on'], folder)).toEqual(['--allow bind=/srv/roots/one']);
    expect(missing(plain, [], published)).toEqual(['--allow container=ct01']);
    expect(missing(plain, ['container=ct02'], published)).toEqual(['--allow container=ct01']);
    expect(missing(plain, ['container=ct01'], published)).toEqual([]);
  });

  test('is shown as options that can be typed', () => {
    expect(missing(bold)).toEqual([
      '--allow bind=/srv/data',
      '--allow capability=sys_admin',
      '--allow namespace=uts',
      '--allow seccomp=off',
    ]);
  });

  test('is nothing once these options are given', () => {
    expect(
      missing(
        bold,
        missing(bold).map((option) => option.replace('--allow ', '')),
      ),
    ).toEqual([]);
  });

  test('is nothing for a path below an allowed one', () => {
    expect(missing({ ...plain, binds: bold.binds }, ['bind=/srv'])).toEqual([]);
    expect(missing({ ...plain, binds: bold.binds }, ['bind=/srv/da'])).toEqual(['--allow bind=/srv/data']);
  });
});

test.each(['', 'bind', 'bind=', 'bind=relative/path', 'seccomp=on', 'everything=yes', 'BIND=/x', '/srv'])(
  'the word "%s" allows nothing and is refused',
  (word) => {
    expect(() => parseAllowances([word])).toThrow(expect.objectContaining({ code: 'bad-usage' }));
  },
);

test.each([
  ['/srv/a', '/srv', true],
  ['/srv', '/srv/', true],
  ['/srvx', '/srv', false],
  ['/', '/srv', false],
  ['/anything', '/', true],
])('%s is within %s: %s', (path, allowed, within) => {
  expect(isWithin(path, allowed)).toBe(within);
});

test('an upstream may be at an inner address only when that very upstream is allowed', () => {
  const allowed = parseAllowances(['upstream=https://cache.example/a/']);
  expect(mayBeInner('https://cache.example/a', allowed)).toBe(true);
  expect(mayBeInner('https://cache.example/b', allowed)).toBe(false);
});
