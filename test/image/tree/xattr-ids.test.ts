import { describe, expect, it } from 'vitest';
import { aclIds, mapAclIds, mapCapabilityRoot } from '../../../image/tree/xattr-ids.ts';

const plain = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const rooted = Buffer.from('0100000300200000000000000000000000000000a0860100', 'hex');

describe('file capabilities', () => {
  it('get a root id, and lose it again where that is 0', () => {
    expect(mapCapabilityRoot(plain, (root) => root + 100_000)).toEqual(rooted);
    expect(mapCapabilityRoot(rooted, (root) => root - 100_000)).toEqual(plain);
    expect(mapCapabilityRoot(rooted, (root) => root).equals(rooted)).toBe(true);
  });

  it('of the first revision stay as they are', () => {
    const first = Buffer.from('010000010020000000000000', 'hex');
    expect(mapCapabilityRoot(first, () => 7)).toBe(first);
  });
});

describe('an access list', () => {
  // As setfacl -m u:33:rwx,g:34:r-x leaves it: owner, 33, group, 34, mask, others.
  const list = Buffer.from(
    '02000000' +
      '01000600ffffffff' +
      '0200070021000000' +
      '04000400ffffffff' +
      '0800050022000000' +
      '10000700ffffffff' +
      '20000400ffffffff',
    'hex',
  );

  it('has other users and groups, and nothing else that is different', () => {
    const mapped = mapAclIds(list, (kind, id) => id + (kind === 'uid' ? 100_000 : 200_000));
    expect(aclIds(mapped)).toEqual([
      { kind: 'uid', id: 100_033 },
      { kind: 'gid', id: 200_034 },
    ]);
    expect(mapAclIds(mapped, (kind, id) => id - (kind === 'uid' ? 100_000 : 200_000))).toEqual(list);
  });
});
