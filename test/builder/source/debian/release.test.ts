import { expect, test } from 'vitest';
import { checkRelease, findPackagesFile, parseRelease } from '../../../../builder/source/debian/release.ts';

const now = new Date('2026-06-01T00:00:00Z');
const sum = 'cd'.repeat(32);
const suite = { name: 'bookworm', archive: 'main', components: ['main'] } as const;
const good = {
  Suite: 'oldstable',
  Codename: 'bookworm',
  Date: 'Sun, 31 May 2026 10:00:00 UTC',
  Architectures: 'all amd64 arm64',
  Components: 'main updates/contrib',
  'Acquire-By-Hash': 'yes',
  SHA256: `\n ${sum} 100 main/binary-amd64/Packages\n ${sum}       40 main/binary-amd64/Packages.xz\n ${sum} 50 main/binary-amd64/Packages.gz`,
};

function release(
  changes: Partial<Record<keyof typeof good | 'Valid-Until' | 'NotAutomatic' | 'ButAutomaticUpgrades', string>> = {},
) {
  const fields = Object.entries({ ...good, ...changes }).filter(([, value]) => value !== '');
  return parseRelease(fields.map(([name, value]) => `${name}: ${value}`).join('\n'), 'bookworm');
}

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : error;
  }
  return 'nothing thrown';
};

test('a release that fits passes, by codename or by suite', () => {
  for (const name of ['bookworm', 'oldstable']) {
    expect(codeOf(() => checkRelease(release(), { ...suite, name }, ['amd64'], now))).toBe('nothing thrown');
  }
});

test.each([
  ['another suite', {}, { ...suite, name: 'trixie' }, 'amd64', /^suite-mismatch: .*trixie.*"oldstable".*"bookworm"/],
  [
    'an expired one',
    { 'Valid-Until': 'Sun, 31 May 2026 23:59:59 UTC' },
    suite,
    'amd64',
    /^archive-expired: .*2026-05-31/,
  ],
  ['one from the future', { Date: 'Mon, 01 Jun 2026 00:06:00 UTC' }, suite, 'amd64', /^archive-from-future/],
  [
    'a missing component',
    {},
    { ...suite, components: ['main', 'extra'] },
    'amd64',
    /^component-missing: .*extra; it has main, contrib$/,
  ],
  ['a missing architecture', {}, suite, 'riscv64', /^component-missing: .*riscv64; it has amd64, arm64$/],
])('%s is refused and the message says what there is', (_name, changes, wanted, architecture, expected) => {
  expect(codeOf(() => checkRelease(release(changes), wanted, [architecture], now))).toMatch(expected);
});

test('a clock that is a little behind is no fault', () => {
  const ahead = release({ Date: 'Mon, 01 Jun 2026 00:04:00 UTC' });
  expect(codeOf(() => checkRelease(ahead, suite, ['amd64'], now))).toBe('nothing thrown');
});

test.each([
  ['no date', { Date: '' }],
  ['a faulty date', { Date: 'soon' }],
  ['a faulty Valid-Until', { 'Valid-Until': 'later' }],
  ['no sums', { SHA256: '' }],
  ['a faulty sum', { SHA256: '\n abc 1 main/binary-amd64/Packages' }],
])('%s is malformed', (_name, changes) => {
  expect(codeOf(() => release(changes))).toMatch(/^release-malformed/);
});

test('xz is preferred, the unpacked size comes from the plain file', () => {
  expect(findPackagesFile(release(), 'bookworm', 'main', 'amd64')).toEqual({
    path: 'main/binary-amd64/Packages.xz',
    digest: { size: 40, sha256: sum },
    plain: { size: 100, sha256: sum },
  });
});

test('a list that is not there is named', () => {
  expect(codeOf(() => findPackagesFile(release(), 'bookworm', 'main', 'arm64'))).toMatch(
    /^component-missing: .*main\/binary-arm64\/Packages.xz$/,
  );
});

test('suites that are not automatic get a low pin', () => {
  expect(release().pin).toBe(500);
  expect(release({ NotAutomatic: 'yes' }).pin).toBe(1);
  expect(release({ NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' }).pin).toBe(100);
});
