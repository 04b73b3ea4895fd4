import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVersions } from '../../../../builder/source/debian/version.ts';

const part = (alphabet: string, min: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: min, maxLength: 8 });
// Few characters, so that long common beginnings and runs of digits are frequent.
const version = fc
  .tuple(
    fc.option(fc.nat({ max: 2 }), { nil: undefined }),
    fc.constantFrom('0', '00', '1', '10', '9', '99999999999999999999', '99999999999999999998'),
    part('a1~+.0Z', 0),
    fc.option(part('b1~+.0', 1), { nil: undefined }),
  )
  .map(([epoch, digit, upstream, revision]) =>
    [epoch === undefined ? '' : `${epoch}:`, digit, upstream, revision === undefined ? '' : `-${revision}`].join(''),
  );

/** -1, 0 or 1 from dpkg itself. */
function dpkgCompares(a: string, b: string): number {
  const is = (operator: string) => spawnSync('dpkg', ['--compare-versions', a, operator, b]).status === 0;
  return is('eq') ? 0 : is('lt') ? -1 : 1;
}

test('versions are ordered as dpkg orders them', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(a, b))).toBe(dpkgCompares(a, b));
    }),
    { numRuns: 150 },
  );
});

test('the order is total: swapping the sides swaps the sign, and it is transitive', () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      const [low, middle, high] = [a, b, c].sort(compareVersions);
      expect(compareVersions(low ?? '', middle ?? '')).toBeLessThanOrEqual(0);
      expect(compareVersions(low ?? '', high ?? '')).toBeLessThanOrEqual(0);
    }),
  );
});

test.each([
  ['1.0~rc1', '1.0', -1],
  ['1.0-1', '1.0-1+b1', -1],
  ['1:0', '9', 1],
  ['1.0', '1.0-0', 0],
  ['2.36-9+deb12u10', '2.36-9+deb12u9', 1],
  ['0.5.12-2', '0.5.12-11+really0.5.12', -1],
])('%s against %s', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});
