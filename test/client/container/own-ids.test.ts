import { expect, it } from 'vitest';
import { requireOwnIds } from '../../../client/container/own-ids.ts';

const owned = {
  uid: [
    { start: 165_536, count: 65_536 },
    { start: 100_000, count: 65_536 },
  ],
  gid: [{ start: 100_000, count: 65_536 }],
};
const caller = { uid: 1000, gid: 1000 };
const range = (outside: number, count: number) => ({ inside: 0, outside, count });

it('ranges that touch count as one, and the user’s own id is among them', () => {
  const uid = [range(150_000, 50_000), { inside: 60_000, outside: 1000, count: 1 }];
  expect(() => requireOwnIds({ uid, gid: [range(100_000, 65_536)] }, owned, caller)).not.toThrow();
});

it('the first id that is not the user’s is told with the command that gives it', () => {
  const map = { uid: [range(100_000, 65_536)], gid: [range(100_001, 65_536)] };
  expect(() => requireOwnIds(map, owned, caller)).toThrowError(
    expect.objectContaining({
      code: 'no-subid-range',
      lines: ['gid 100001-165536: 165536 is in no range that /etc/subgid gives you'],
      next: expect.stringContaining('usermod --add-subgids 100001-165536 USER'),
    }),
  );
});
