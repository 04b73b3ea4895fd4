import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostId, hostMap, workerView } from '../../../client/shift/worker-view.ts';
import { checkIdMap, type IdMap } from '../../../native/index.ts';

const caller = { uid: 1000, gid: 1001 };
const someMap = fc
  .array(fc.record({ inside: fc.nat(3), outside: fc.nat(30), count: fc.integer({ min: 1, max: 20 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts): IdMap => {
    let inside = 0;
    let outside = 990;
    const ranges = parts.map((part, index) => {
      const range = {
        inside: index === 0 ? 0 : inside + part.inside,
        outside: outside + part.outside,
        count: part.count,
      };
      inside = range.inside + range.count;
      outside = range.outside + range.count;
      return range;
    });
    return { uid: ranges, gid: ranges };
  });

/** Every pair of a map, as `inside outside`. */
const pairs = (map: IdMap, kind: 'uid' | 'gid') =>
  map[kind]
    .flatMap(({ inside, outside, count }) => Array.from({ length: count }, (_, i) => `${inside + i} ${outside + i}`))
    .sort();

it('both maps mean the same ids of the host as before, and the namespace is one that the kernel takes', () => {
  fc.assert(
    fc.property(someMap, someMap, (from, to) => {
      const view = workerView(from, to, caller);
      checkIdMap(view.workerMap);
      for (const kind of ['uid', 'gid'] as const) {
        expect(pairs(hostMap(view.from, view), kind)).toEqual(pairs(from, kind));
        expect(pairs(hostMap(view.to, view), kind)).toEqual(pairs(to, kind));
        expect(view.workerMap[kind][0]).toEqual({ inside: 0, outside: caller[kind], count: 1 });
      }
    }),
  );
});

it('the number that stands for ids of others is nobody’s', () => {
  const ranges = [{ inside: 0, outside: 100_000, count: 200_000 }];
  const view = workerView({ uid: ranges, gid: ranges }, { uid: ranges, gid: ranges }, caller);
  expect(hostId('uid', 65_534, view)).toBeUndefined();
  expect(hostId('uid', 65_536, view)).toBe(100_000);
});
