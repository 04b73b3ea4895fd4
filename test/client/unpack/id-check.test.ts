import { expect, it } from 'vitest';
import { requireMapped } from '../../../client/unpack/id-check.ts';

const map = {
  uid: [
    { inside: 0, outside: 100000, count: 1000 },
    { inside: 5000, outside: 300000, count: 1 },
  ],
  gid: [{ inside: 0, outside: 100000, count: 65536 }],
};
const owned = (uid: number, gid: number, xattrs: ReadonlyMap<string, Buffer> = new Map()) => ({
  name: Buffer.from('./x'),
  uid,
  gid,
  xattrs,
});

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

it('a group in an access list is named too', () => {
  // Version 2; user 999, then group 70000.
  const list = Buffer.from('02000000' + '02000700e7030000' + '0800070070110100', 'hex');
  const entry = (name: string) => owned(0, 0, new Map([[name, list]]));
  expect(() => requireMapped(entry('user.list'), map)).not.toThrow();
  expect(() => requireMapped(entry('system.posix_acl_default'), map)).toThrowError(
    expect.objectContaining({ code: 'id-outside-map', message: expect.stringMatching(/lets in group 70000,/) }),
  );
});

it('the range that would have an id is told with what root does for it', () => {
  expect(() => requireMapped(owned(1000, 0), map)).toThrowError(
    expect.objectContaining({
      next: 'Map it too, with `lxc.idmap = u 1000 300001 4000`; as root: usermod --add-subuids 300001-304000 USER',
    }),
  );
  expect(() => requireMapped(owned(0, 70_000), map)).toThrowError(
    expect.objectContaining({
      next: 'Map it too, with `lxc.idmap = g 65536 165536 65536`; as root: usermod --add-subgids 165536-231071 USER',
    }),
  );
});
