import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CooperError } from '../../errors/index.ts';
import { allot, callerIdMap, checkIdMap, containerIdMap, withCaller } from '../../native/idmap.ts';
import type { IdRange } from '../../native/idmap-types.ts';
import { parseSubid } from '../../native/subids.ts';

const text = `# a comment
anna:100000:65536
1000:300000:1000
bob:200000:65536
anna:500000:10
anna:x:10
anna:1:
anna:600000:0
anna:4294967290:100
`;

/** Everything that a list of ranges maps, id by id, from the given side. */
function ids(ranges: readonly IdRange[], side: 'inside' | 'outside'): number[] {
  return ranges.flatMap((range) => Array.from({ length: range.count }, (_, i) => range[side] + i));
}

const smallRange = fc.record({ inside: fc.nat(40), outside: fc.nat(40), count: fc.integer({ min: 1, max: 8 }) });
const someSubids = fc
  .array(fc.record({ gap: fc.nat(5), count: fc.integer({ min: 1, max: 30 }) }), { maxLength: 6 })
  .map((parts) => {
    let next = 1000;
    return parts.map(({ gap, count }) => {
      const start = next + gap;
      next = start + count;
      return { start, count };
    });
  });

describe('subordinate ids of a file', () => {
  test('are those of the name and of the number, faulty lines left out', () => {
    expect(parseSubid(text, { name: 'anna', uid: 1000 })).toEqual([
      { start: 100_000, count: 65_536 },
      { start: 300_000, count: 1000 },
      { start: 500_000, count: 10 },
    ]);
  });

  test('of a user without a name are found by number', () => {
    expect(parseSubid(text, { uid: 1000 })).toEqual([{ start: 300_000, count: 1000 }]);
  });

  test('of a name that begins alike are not taken', () => {
    expect(parseSubid('annabel:1:2\n', { name: 'anna', uid: 7 })).toEqual([]);
  });
});

describe('a map', () => {
  test('is faulty exactly when two ids meet or id 0 is missing', () => {
    fc.assert(
      fc.property(fc.array(smallRange, { minLength: 1, maxLength: 4 }), (ranges) => {
        const unique = (list: number[]) => new Set(list).size === list.length;
        const sound =
          unique(ids(ranges, 'inside')) && unique(ids(ranges, 'outside')) && ids(ranges, 'inside').includes(0);
        const check = () => checkIdMap({ uid: ranges, gid: [{ inside: 0, outside: 0, count: 1 }] });
        if (sound) expect(check).not.toThrow();
        else expect(check).toThrow(CooperError);
      }),
    );
  });

  test.each([
    { inside: 0, outside: 0, count: 0 },
    { inside: 0, outside: -1, count: 1 },
    { inside: 0, outside: 4_294_967_290, count: 10 },
    { inside: 0, outside: 0.5, count: 1 },
  ])('refuses the range %o', (range) => {
    expect(() => checkIdMap({ uid: [range], gid: [range] })).toThrow(expect.objectContaining({ code: 'bad-id-map' }));
  });

  test('names all faults at once', () => {
    const uid = [
      { inside: 1, outside: 0, count: 2 },
      { inside: 2, outside: 1, count: 2 },
    ];
    const expected = [
      '1 → 0 (2) and 2 → 1 (2) overlap inside',
      '1 → 0 (2) and 2 → 1 (2) overlap outside',
      'id 0 is not mapped',
    ];
    expect(() => checkIdMap({ uid, gid: uid })).toThrow(expect.objectContaining({ lines: expected }));
  });
});

describe('alloting ids', () => {
  test('maps exactly what is asked for, in order, or nothing', () => {
    fc.assert(
      fc.property(someSubids, fc.nat(5), fc.integer({ min: 1, max: 100 }), (ranges, inside, count) => {
        const available = ranges.flatMap(({ start, count: n }) => Array.from({ length: n }, (_, i) => start + i));
        const map = allot(ranges, inside, count);
        if (available.length < count) {
          expect(map).toBeNull();
          return;
        }
        expect(ids(map ?? [], 'outside')).toEqual(available.slice(0, count));
        expect(ids(map ?? [], 'inside')).toEqual(Array.from({ length: count }, (_, i) => inside + i));
      }),
    );
  });

  test('gives a container 65536 ids of the first ranges', () => {
    const ranges = { uid: [{ start: 100_000, count: 100_000 }], gid: [{ start: 5000, count: 65_536 }] };
    expect(containerIdMap(ranges)).toEqual({
      uid: [{ inside: 0, outside: 100_000, count: 65_536 }],
      gid: [{ inside: 0, outside: 5000, count: 65_536 }],
    });
  });

  test('makes an ordinary user root of the build root', () => {
    const range = { start: 100_000, count: 65_536 };
    expect(callerIdMap({ uid: [range], gid: [range] }, { uid: 1000, gid: 100 })).toEqual({
      uid: [
        { inside: 0, outside: 1000, count: 1 },
        { inside: 1, outside: 100_000, count: 65_535 },
      ],
      gid: [
        { inside: 0, outside: 100, count: 1 },
        { inside: 1, outside: 100_000, count: 65_535 },
      ],
    });
  });

  test('says how many ids are missing', () => {
    const ranges = { uid: [{ start: 100_000, count: 65_536 }], gid: [] };
    expect(() => containerIdMap(ranges)).toThrow(
      expect.objectContaining({ code: 'no-subid-range', message: expect.stringContaining('65536 uids and 0 gids') }),
    );
  });
});

describe('the caller in a map', () => {
  test('stands at the first free id and disturbs nothing', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(smallRange, { maxLength: 4, selector: (range) => range.inside }),
        fc.nat(60),
        (ranges, uid) => {
          fc.pre(new Set(ids(ranges, 'inside')).size === ids(ranges, 'inside').length);
          const added = withCaller({ uid: ranges, gid: ranges }, { uid, gid: uid }).uid;
          expect(ids(added, 'outside')).toContain(uid);
          expect(added.slice(0, ranges.length)).toEqual(ranges);
          if (ids(ranges, 'outside').includes(uid)) {
            expect(added).toBe(ranges);
            return;
          }
          const taken = new Set(ids(ranges, 'inside'));
          expect(added.at(-1)?.inside).toBe(Array.from({ length: 100 }, (_, i) => i).find((id) => !taken.has(id)));
        },
      ),
    );
  });

  test('of a container of 65536 ids is 65536, as lxc-usernsexec has it', () => {
    const range = [{ inside: 0, outside: 100_000, count: 65_536 }];
    expect(withCaller({ uid: range, gid: range }, { uid: 1000, gid: 1000 }).uid.at(-1)).toEqual({
      inside: 65_536,
      outside: 1000,
      count: 1,
    });
  });
});
