import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapWorthARequest, planRuns, requestedBytes } from '../../fetch/runs.ts';
import { sha256Of } from '../../keys/digest.ts';

const sha256 = sha256Of('');
const piece = (offset: number, size: number) => ({ offset, size, sha256 });

test('neighbours come with one request, and what lies between them when it is little', () => {
  expect(planRuns([piece(10, 5), piece(15, 5), piece(20 + gapWorthARequest, 5)])).toEqual([
    { start: 10, end: 25 + gapWorthARequest },
  ]);
  expect(planRuns([piece(10, 5), piece(16 + gapWorthARequest, 5)])).toHaveLength(2);
  expect(planRuns([])).toEqual([]);
});

test('every missing piece is in one run; runs are in order, apart, and have little else in them', () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (pieces) => {
      let at = 12;
      const missing = pieces.flatMap(([size, wanted]) => {
        at += size;
        return wanted ? [piece(at - size, size)] : [];
      });
      const runs = planRuns(missing);
      for (const { offset, size } of missing) {
        expect(runs.filter(({ start, end }) => offset >= start && offset + size <= end)).toHaveLength(1);
      }
      runs.slice(1).forEach(({ start }, before) => {
        expect(start - (runs[before]?.end ?? 0)).toBeGreaterThan(gapWorthARequest);
      });
      const all = runs.reduce((sum, { start, end }) => sum + end - start, 0);
      const needed = missing.reduce((sum, { size }) => sum + size, 0);
      expect(all - needed).toBeLessThanOrEqual(gapWorthARequest * Math.max(0, missing.length - runs.length));
    }),
  );
});

test('what is asked for is the missing pieces, what lies between them, and the ends of the file where little is left', () => {
  const fileSize = 1_000_000;
  expect(requestedBytes([], fileSize)).toBe(0);
  expect(requestedBytes([piece(100_000, 50), piece(100_150, 50)], fileSize)).toBe(200);
  expect(requestedBytes([piece(100, 50), piece(500_000, 50)], fileSize)).toBe(200);
  expect(requestedBytes([piece(12, fileSize - 40)], fileSize)).toBe(fileSize);
});
