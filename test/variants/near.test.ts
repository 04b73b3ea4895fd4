import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearMatches } from '../../variants/near.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['bookworm', 'bookworm', 0],
    ['bokworm', 'bookworm', 1],
    ['bookwrom', 'bookworm', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('from `%s` to `%s` is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  test('is symmetric, zero only for equals, between the difference of the lengths and the longer one', () => {
    fc.assert(
      fc.property(word, word, (one, other) => {
        const distance = editDistance(one, other);
        expect(distance).toBe(editDistance(other, one));
        expect(distance === 0).toBe(one === other);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(one.length - other.length));
        expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
      }),
    );
  });

  test('of one swap of neighbours is at most one', () => {
    fc.assert(
      fc.property(word, fc.nat(7), (text, at) => {
        const swapped = text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);
        expect(editDistance(text, swapped)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('near matches', () => {
  test('are nearest first and exclude what is far', () => {
    expect(nearMatches('trixe', ['bookworm', 'trixi', 'trixie'])).toEqual(['trixi', 'trixie']);
  });

  test('ignore capitals and find what was only begun', () => {
    expect(nearMatches('BOOK', ['bookworm', 'trixie'])).toEqual(['bookworm']);
  });

  test('are none for a word unlike all', () => {
    expect(didYouMean('slackware', ['bookworm', 'trixie'])).toBe('');
  });
});
