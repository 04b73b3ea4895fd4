import { expect, test } from 'vitest';
import { lagOf, staleNotice } from '../../../server/mirror/lag.ts';

const origin = { serial: 7, issued: '2026-03-01T00:00:00Z', expires: '2026-03-15T00:00:00Z' };
const at = (now: string) => lagOf(origin, { before: 5, after: 7, now: new Date(now) });

test('a lag tells both serials, the age of the catalog and what is left of it, in seconds', () => {
  expect(at('2026-03-02T00:00:00Z')).toEqual({
    origin,
    before: 5,
    after: 7,
    age: 24 * 3600,
    left: 13 * 24 * 3600,
    isStale: false,
  });
});

test.each([
  ['2026-03-07T23:59:59Z', false],
  ['2026-03-08T00:00:00Z', false],
  ['2026-03-08T00:00:01Z', true],
  ['2026-03-14T00:00:00Z', true],
])('at %s the catalog is past half of its life: %s', (now, isStale) => {
  expect(at(now).isStale).toBe(isStale);
  expect(staleNotice(at(now)) !== undefined).toBe(isStale);
});

test('the notice says of when the catalog is and when clients will refuse it', () => {
  expect(staleNotice(at('2026-03-14T00:00:00Z'))).toContain('2026-03-01T00:00:00Z');
  expect(staleNotice(at('2026-03-14T00:00:00Z'))).toContain('2026-03-15T00:00:00Z');
});

test('a clock that is a little behind gives no negative age', () => {
  expect(at('2026-02-28T23:58:00Z')).toMatchObject({ age: 0, isStale: false });
});
