import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newAttribute, newId } from '../../../../image/tree/shift/translation.ts';

const shifted = (outside: number, count = 65_536) => ({
  uid: [{ inside: 0, outside, count }],
  gid: [{ inside: 0, outside, count }],
});

it('an id keeps its meaning in the container', () => {
  expect(newId('uid', 100_033, shifted(100_000), shifted(300_000))).toBe(300_033);
  expect(newId('gid', 33, 'host', shifted(300_000))).toBe(300_033);
  expect(newId('uid', 300_033, shifted(300_000), 'host')).toBe(33);
});

it('the way back leads to where it came from', () => {
  fc.assert(
    fc.property(fc.nat(65_535), fc.nat(1_000_000), fc.nat(1_000_000), (id, here, there) => {
      const moved = newId('uid', here + id, shifted(here), shifted(there));
      expect(moved).toBe(there + id);
      expect(newId('uid', there + id, shifted(there), shifted(here))).toBe(here + id);
    }),
  );
});

it('an id that one map does not have is told as that map knows it', () => {
  expect(newId('uid', 99_999, shifted(100_000), shifted(300_000))).toEqual({ kind: 'uid', side: 'from', id: 99_999 });
  expect(newId('gid', 100_500, shifted(100_000), shifted(300_000, 10))).toEqual({ kind: 'gid', side: 'to', id: 500 });
});

it('capabilities of the host’s root hold everywhere and stay, those of the map’s root move', () => {
  const plain = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  const map = (from: Parameters<typeof newId>[2]) => (kind: 'uid' | 'gid', id: number) => {
    const found = newId(kind, id, from, shifted(300_000));
    return typeof found === 'number' ? found : Number.NaN;
  };
  const kept = newAttribute('security.capability', plain, map(shifted(100_000)), shifted(100_000));
  expect(kept).toEqual(plain);
  const moved = newAttribute('security.capability', plain, map('host'), 'host');
  expect(moved.readUInt32LE(20)).toBe(300_000);
  const rooted = Buffer.concat([plain, Buffer.from('a0860100', 'hex')]);
  rooted.writeUInt8(3, 3);
  expect(newAttribute('security.capability', rooted, map(shifted(100_000)), shifted(100_000))).toEqual(moved);
});
