// Subordinate ids that no file has: an NSS module of the test is asked by Cooper, newuidmap and newgidmap alike.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import { makeSpecialTree, ownersIn } from '../client/shift-tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const start = 700_000;
const count = 131_072;

// The interface of shadow's libsubid (lib/nss.c there); ranges are the same for users and groups.
const source = `
#include <stdbool.h>
#include <stdlib.h>
#include <sys/types.h>
struct subid_range { unsigned long start, count; };
int shadow_subid_has_range(const char *owner, unsigned long from, unsigned long number, int type, bool *result) {
    (void)owner, (void)type;
    *result = from >= ${start} && from + number <= ${start + count};
    return 0;
}
int shadow_subid_list_owner_ranges(const char *owner, int type, struct subid_range **ranges, int *found) {
    (void)owner, (void)type;
    *ranges = malloc(sizeof **ranges);
    (*ranges)->start = ${start}, (*ranges)->count = ${count};
    *found = 1;
    return 0;
}
int shadow_subid_find_subid_owners(unsigned long id, int type, uid_t **uids, int *found) {
    (void)id, (void)type, (void)uids;
    *found = 0;
    return 0;
}
`;

describeAsRoot('subordinate ids of NSS', () => {
  let folder: string;
  let user: OrdinaryUser;
  beforeAll(() => {
    user = makeOrdinaryUser(0);
    folder = mkdtempSync(join(tmpdir(), 'cooper-nss-'));
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'subid.c'), source);
    execFileSync('gcc', ['-shared', '-fPIC', '-o', join(folder, 'lib/libsubid_cooper.so'), join(folder, 'subid.c')]);
    writeFileSync(join(folder, 'nsswitch.conf'), 'passwd: files\ngroup: files\nsubid: cooper\n');
  });
  afterAll(() => {
    user.remove();
    rmSync(folder, { recursive: true });
  });

  /** For the user's mount namespace alone. */
  const withModule = () => `
    libraries=$(dirname "$(ldconfig -p | sed -n 's/.* => \\(.*\\/libc\\.so\\.6\\)$/\\1/p' | head -n 1)")
    libraries=$(realpath "$libraries")
    mount -t overlay -o "lowerdir=${folder}/lib:$libraries" none "$libraries"
    mount --bind ${folder}/nsswitch.conf /etc/nsswitch.conf`;

  it('are those in which a user moves a tree, where the files have none', async () => {
    const tree = join(user.home, 'rootfs');
    mkdirSync(tree);
    await makeSpecialTree(tree, start);
    const words = ['shift', tree, '--from', `b:0:${start}:65536`, '--to', `b:0:${start + 65_536}:65536`];
    const without = await user.cooper(words);
    expect(without.stderr).toContain('[no-subid-range]');
    const outcome = await user.cooper(words, { before: withModule() });
    expect(outcome).toMatchObject({ stderr: expect.not.stringContaining('next:'), status: 0 });
    expect(ownersIn(tree).get('./home/user/notes')).toEqual([start + 65_536 + 1000, start + 65_536 + 1001]);
  });
});
