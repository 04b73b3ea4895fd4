import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rangeFor } from '../../../client/container/wider-map.ts';
import { checkIdMap } from '../../../native/index.ts';

const range = (inside: number, outside: number, count: number) => ({ inside, outside, count });

it('a map that is too small goes on behind its end', () => {
  expect(rangeFor(65_536, [range(0, 100_000, 65_536)])).toEqual(range(65_536, 165_536, 65_536));
  expect(rangeFor(200_000, [range(0, 100_000, 65_536)])).toEqual(range(65_536, 165_536, 196_608));
});

it('a hole is closed and no more', () => {
  expect(rangeFor(1500, [range(0, 100_000, 1000), range(2000, 500_000, 10)])).toEqual(range(1000, 500_010, 1000));
});

it('there is none behind the last id of the host', () => {
  expect(rangeFor(10, [range(0, 4_294_967_285, 10)])).toBeUndefined();
});

it('the map with it is sound and has the id', () => {
  const gaps = fc.array(fc.record({ gap: fc.nat(5), count: fc.integer({ min: 1, max: 9 }) }), { minLength: 1 });
  fc.assert(
    fc.property(gaps, fc.nat(200), (parts, id) => {
      let next = 0;
      const ranges = parts.map(({ gap, count }, index) => {
        const inside = index === 0 ? 0 : next + gap;
        next = inside + count;
        return range(inside, 1000 + inside, count);
      });
      fc.pre(!ranges.some(({ inside, count }) => id >= inside && id < inside + count));
      const wider = rangeFor(id, ranges);
      expect(wider).toBeDefined();
      if (wider === undefined) return;
      expect(id >= wider.inside && id < wider.inside + wider.count).toBe(true);
      checkIdMap({ uid: [...ranges, wider], gid: [...ranges, wider] });
    }),
  );
});
