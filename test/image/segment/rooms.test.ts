import { expect, test } from 'vitest';
import { Rooms } from '../../../image/segment/rooms.ts';

const mebibyte = 2 ** 20;

test('what was given back is used again, also a part of it', () => {
  const rooms = new Rooms();
  const first = rooms.take(3 * mebibyte);
  expect(first).toHaveLength(3 * mebibyte);
  const other = rooms.take(3 * mebibyte);
  expect(other.buffer).not.toBe(first.buffer);
  rooms.give(first.subarray(100, 200));
  expect(rooms.take(2.9 * mebibyte).buffer).toBe(first.buffer);
});

test('a small piece does not take a large room', () => {
  const rooms = new Rooms();
  const large = rooms.take(24 * mebibyte);
  rooms.give(large);
  expect(rooms.take(mebibyte).buffer.byteLength).toBeLessThan(2 * mebibyte);
  expect(rooms.take(20 * mebibyte).buffer).toBe(large.buffer);
});

test('nothing is lent twice: not what is foreign, and not what was given back twice', () => {
  const rooms = new Rooms();
  const foreign = Buffer.alloc(mebibyte);
  rooms.give(foreign);
  expect(rooms.take(mebibyte).buffer).not.toBe(foreign.buffer);
  const own = rooms.take(mebibyte);
  rooms.give(own);
  rooms.give(own);
  const [one, two] = [rooms.take(mebibyte), rooms.take(mebibyte)];
  expect(one.buffer).not.toBe(two.buffer);
});

test('what is free is bounded', () => {
  const rooms = new Rooms();
  const lent = Array.from({ length: 20 }, () => rooms.take(4 * mebibyte));
  const known = new Set(lent.map(({ buffer }) => buffer));
  for (const room of lent) rooms.give(room);
  const again = Array.from({ length: 20 }, () => rooms.take(4 * mebibyte));
  expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(8);
});
