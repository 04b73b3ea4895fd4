import { expect, it } from 'vitest';
import { requireMapped } from '../../../client/unpack/id-check.ts';

const map = {
  uid: [
    { inside: 0, outside: 100000, count: 1000 },
    { inside: 5000, outside: 300000, count: 1 },
  ],
  gid: [{ inside: 0, outside: 100000, count: 65536 }],
};
const owned = (uid: number, gid: number) => ({ name: Buffer.from('./x'), uid, gid });

it.each([
  [0, 0],
  [999, 65535],
  [5000, 0],
])('owner %i:%i has a place', (uid, gid) => {
  expect(() => requireMapped(owned(uid, gid), map)).not.toThrow();
});

it.each([
  [1000, 0, /user 1000, .* only 0–999, 5000–5000/],
  [5001, 0, /user 5001/],
  [0, 65536, /group 65536, .* only 0–65535/],
])('owner %i:%i is named with what the map holds', (uid, gid, message) => {
  expect(() => requireMapped(owned(uid, gid), map)).toThrowError(
    expect.objectContaining({ code: 'id-outside-map', message: expect.stringMatching(message) }),
  );
});
