// An ordinary user moves a tree within the own subordinate ids, through a namespace that has the old and the new ones.

import { chownSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import { makeSpecialTree, ownersIn, portrait } from '../client/shift-tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';

describeAsRoot('an ordinary user', () => {
  let user: OrdinaryUser;
  let tree: string;
  const map = (start: number, count = 65_536) =>
    `u:0:${user.subuid + start}:${count},g:0:${user.subgid + start}:${count}`;
  const shift = (from: string, to: string) => user.cooper(['shift', tree, '--from', from, '--to', to]);

  beforeAll(async () => {
    user = makeOrdinaryUser(131_072);
    expect(user.subgid).toBe(user.subuid);
    tree = join(user.home, 'rootfs');
    mkdirSync(tree);
    await makeSpecialTree(tree, user.subuid);
  });
  afterAll(() => user.remove());

  it('moves a tree there and back, and it is itself again', async () => {
    const before = portrait(tree);
    const owners = ownersIn(tree);
    expect(await shift(map(0), map(65_536))).toMatchObject({ status: 0 });
    for (const [name, [uid, gid]] of ownersIn(tree)) {
      expect([uid - 65_536, gid - 65_536], name).toEqual(owners.get(name));
    }
    expect(await shift(map(65_536), map(100))).toMatchObject({ status: 0 });
    expect(await shift(map(100), map(0))).toMatchObject({ status: 0 });
    expect(portrait(tree)).toBe(before);
  });

  it('is refused what is not the user’s, with the command that root can give', async () => {
    const before = portrait(tree);
    const beyond = await shift(map(0), map(65_537));
    expect(beyond).toMatchObject({ status: 69 });
    expect(beyond.stderr).toContain('[no-subid-range]');
    expect(beyond.stderr).toContain(`usermod --add-subuids ${user.subuid + 65_537}-${user.subuid + 131_072} `);
    expect((await shift(map(0), 'none')).stderr).toContain('[shift-needs-root]');
    expect(portrait(tree)).toBe(before);
  });

  it('is told of a file that belongs to somebody else', async () => {
    const file = join(tree, 'bin/su');
    const { uid, gid } = lstatSync(file);
    chownSync(file, 0, 0);
    const { stderr } = await shift(map(0), map(65_536));
    expect(stderr).toContain('[owner-not-mapped]');
    expect(stderr).toContain('user (not one of yours) of the host, 1 file ("bin/su")');
    chownSync(file, uid, gid);
  });
});
