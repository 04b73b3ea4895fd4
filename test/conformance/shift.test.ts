// Trees moved between id maps as `cooper shift` does it, judged by find, getfacl, getfattr, getcap and GNU tar.

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseIdMap, shiftRootfs } from '../../client/index.ts';
import { lsetxattr } from '../../native/sys.ts';
import {
  accessList,
  capabilitiesOf,
  makeRandomTree,
  makeSpecialTree,
  ownersIn,
  portrait,
  randomFiles,
} from '../client/shift-tree.ts';
import { makeTree } from '../client/tree.ts';
import { cooper, cooperJson } from '../e2e/cooper.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const base = 'b:0:100000:65536';

let folder: string;
let tree: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-shift-'));
  tree = join(folder, 'rootfs');
  mkdirSync(tree);
});
afterEach(() => rmSync(folder, { recursive: true }));

const shift = (from: string, to: string, path = tree, dryRun = false) =>
  shiftRootfs({
    folder: path,
    from: parseIdMap([from], '--from'),
    to: parseIdMap([to], '--to'),
    dryRun,
    report: () => undefined,
    signal: new AbortController().signal,
  });
const refused = async (from: string, to: string) => {
  const before = portrait(tree);
  const outcome = await cooper(['shift', tree, '--from', from, '--to', to]);
  expect(portrait(tree)).toBe(before);
  expect(outcome.stdout).toBe('');
  return outcome;
};

describeAsRoot('a tree that is moved', () => {
  it('is itself again after the way there and back, whatever is in it and however the maps overlap', async () => {
    const moves = fc.constantFrom(
      [base, 'b:0:300000:65536'],
      [base, 'b:0:100001:65536'],
      [base, 'u:0:165536:1000,u:1000:90000:64536,g:0:100000:65536'],
    );
    await fc.assert(
      fc.asyncProperty(randomFiles, moves, async (files, [from = '', to = '']) => {
        const random = mkdtempSync(join(folder, 'random-'));
        makeRandomTree(random, files, 100_000);
        const before = portrait(random);
        await shift(from, to, random);
        expect(portrait(random)).not.toBe(before);
        await shift(to, from, random);
        expect(portrait(random)).toBe(before);
      }),
      { numRuns: 12 },
    );
  });

  it('has every owner of its map, and of a host’s tree the ids themselves', async () => {
    await makeSpecialTree(tree, 0);
    const before = ownersIn(tree);
    await shift('none', base);
    const after = ownersIn(tree);
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [name, [uid, gid]] of before) expect(after.get(name), name).toEqual([uid + 100_000, gid + 100_000]);
  });

  it('keeps set-id bits, access lists and capabilities, as those who read them see it', async () => {
    await makeSpecialTree(tree, 0);
    await shift('none', base);
    const say = (program: string, ...words: string[]) => execFileSync(program, words, { cwd: tree, encoding: 'utf8' });
    expect(say('stat', '-c', '%a', 'bin/su', 'tmp', 'home/user')).toBe('6755\n1777\n2750\n');
    expect(say('getcap', '-n', 'bin/ping')).toBe('bin/ping cap_net_raw=ep [rootid=100000]\n');
    expect(say('getfacl', '-cnp', 'home/user/shared')).toMatch(/user:100033:rw-[\s\S]*group:100033:r--/);
    expect(say('getfacl', '-cnp', 'home/user')).toMatch(/default:user:100034:rw-/);
    expect(lstatSync(join(tree, 'home/user/notes')).ino).toBe(lstatSync(join(tree, 'home/user/notes again')).ino);
  });

  it('is compared equal by GNU tar after the way there and back', async () => {
    await makeSpecialTree(tree, 100_000);
    const archive = join(folder, 'before.tar');
    const options = ['--xattrs', '--xattrs-include=*', '--numeric-owner', '-f', archive, '-C', tree];
    execFileSync('tar', ['--format=pax', '-c', ...options, '.'], { stdio: ['ignore', 'ignore', 'ignore'] });
    await shift(base, 'none');
    expect(() => execFileSync('tar', ['--compare', ...options], { stdio: 'pipe' })).toThrow();
    await shift('none', base);
    expect(() => execFileSync('tar', ['--compare', ...options], { stdio: 'pipe' })).not.toThrow();
  });

  it('leads nowhere by its links: what they name outside stays as it is', async () => {
    await makeSpecialTree(tree, 100_000);
    const shadow = lstatSync('/etc/shadow', { bigint: true });
    await shift(base, 'b:0:300000:65536');
    expect(lstatSync('/etc/shadow', { bigint: true })).toMatchObject({ uid: shadow.uid, ctimeNs: shadow.ctimeNs });
    expect(lstatSync(join(tree, 'run/outward'))).toMatchObject({ uid: 300_000 });
  });

  it('is left where another file system is mounted in it, and that is told', async () => {
    await makeSpecialTree(tree, 100_000);
    execFileSync('mount', ['--bind', folder, join(tree, 'tmp')]);
    try {
      const { mounts } = await shift(base, 'b:0:300000:65536');
      expect(mounts).toEqual(['tmp']);
    } finally {
      execFileSync('umount', [join(tree, 'tmp')]);
    }
    expect(lstatSync(folder)).toMatchObject({ uid: 0 });
  });
});

describeAsRoot('cooper shift', () => {
  it('does nothing when it is run again, whether the maps overlap or not', async () => {
    await makeSpecialTree(tree, 100_000);
    for (const [from, to] of [
      [base, 'b:0:100010:65536'],
      ['b:0:100010:65536', 'b:0:300000:65536'],
    ] as const) {
      const words = ['shift', tree, '--from', from, '--to', to];
      expect(await cooperJson(words)).toMatchObject({ already: false });
      const moved = portrait(tree);
      expect(await cooperJson(words)).toMatchObject({ already: true, changes: 0 });
      expect(portrait(tree)).toBe(moved);
    }
  });

  it('counts with --dry-run, and then does what it has counted', async () => {
    await makeSpecialTree(tree, 100_000);
    const before = portrait(tree);
    const words = ['shift', tree, '--from', base, '--to', 'b:0:300000:65536'];
    const planned = await cooperJson<{ files: number; changes: number }>([...words, '--dry-run']);
    expect(portrait(tree)).toBe(before);
    const done = await cooperJson<object>(words);
    // 14 below the root; two names are one file.
    expect(planned).toMatchObject({ files: 16, changes: 16, dryRun: true, resumed: false });
    expect(done).toEqual({ ...planned, dryRun: false });
  });

  it('prints what the config has to say, and what the folder around needs', async () => {
    await makeSpecialTree(tree, 100_000);
    chownSync(folder, 100_000, 0);
    const outcome = await cooper(['shift', tree, '--from', base, '--to', 'u:0:300000:65536,g:0:400000:65536']);
    expect(outcome.stdout).toContain(
      `for the config:\nlxc.idmap = u 0 300000 65536\nlxc.idmap = g 0 400000 65536\nfor the folder: chown 300000 ${folder}\n`,
    );
  });

  it('lists ids that a map does not have before anything is changed, with the range that would have them', async () => {
    await makeSpecialTree(tree, 100_000);
    const from = await refused('b:0:100000:1000', 'b:0:300000:65536');
    expect(from).toMatchObject({ status: 1 });
    expect(from.stderr).toContain('[owner-not-mapped]');
    expect(from.stderr).toContain(
      'user 101000 of the host, 2 files ("home/user", "home/user/notes"): --from has 100000–100999',
    );
    const to = await refused(base, 'b:0:300000:1000');
    expect(to.stderr).toContain('group 1001 of the container, 2 files');
    expect(to.stderr).toContain('--to has 0–999; g:1000:301000:65536 would have it');
  });

  it('names ids in access lists and capabilities too', async () => {
    writeFileSync(join(tree, 'list'), '');
    lsetxattr(join(tree, 'list'), 'system.posix_acl_access', accessList(70_000));
    lsetxattr(join(tree, 'list'), 'security.capability', capabilitiesOf(80_000));
    const { stderr } = await refused('none', base);
    for (const id of ['user 70000', 'group 70000', 'user 80000'])
      expect(stderr).toContain(`${id} of the container, 1 file`);
  });

  it('refuses what cannot be changed, and files that somebody else has too', async () => {
    await makeSpecialTree(tree, 100_000);
    linkSync(join(tree, 'bin/su'), join(folder, 'elsewhere'));
    execFileSync('chattr', ['+i', join(tree, 'bin/ping')]);
    try {
      const { stderr, status } = await refused(base, 'b:0:300000:65536');
      expect(status).toBe(1);
      expect(stderr).toContain('[shift-refused]');
      expect(stderr).toContain('1 file ("bin/ping") are immutable');
      expect(stderr).toContain('1 file ("bin/su") have further names outside');
    } finally {
      execFileSync('chattr', ['-i', join(tree, 'bin/ping')]);
    }
  });

  it('refuses the root of a running process, of this machine, and the folder of a container', async () => {
    makeTree(tree, 0);
    const sleeper = spawn('chroot', [tree, '/usr/bin/sleep', '100']);
    try {
      await expect.poll(() => readFileSync(`/proc/${sleeper.pid}/comm`, 'utf8')).toBe('sleep\n');
      const { stderr } = await refused('none', base);
      expect(stderr).toMatch(/1 processes run in .*\[container-running\]\n {2}\| \d+ sleep\n/);
    } finally {
      sleeper.kill('SIGKILL');
    }
    expect((await cooper(['shift', '/', '--from', 'none', '--to', base])).stderr).toContain('[shift-refused]');
    writeFileSync(join(folder, 'config'), '');
    const { stderr } = await cooper(['shift', folder, '--from', 'none', '--to', base]);
    expect(stderr).toContain(`next: Give its root filesystem: ${tree}`);
  });

  it('refuses a journal that somebody else could have put there', async () => {
    await makeSpecialTree(tree, 100_000);
    writeFileSync(join(tree, '.cooper-shift'), '{}');
    chownSync(join(tree, '.cooper-shift'), 100_000, 100_000);
    expect((await refused(base, 'none')).stderr).toContain('[shift-unfinished]');
  });

  it('changes nothing on a full or read-only file system', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1M', 'none', tree]);
    try {
      await makeSpecialTree(tree, 100_000);
      execFileSync('sh', ['-c', 'dd if=/dev/zero of=filler bs=4k; chown 100000:100000 filler; touch -d @5 .'], {
        cwd: tree,
        stdio: 'ignore',
      });
      expect((await refused(base, 'b:0:300000:65536')).stderr).toContain('[no-space]');
      execFileSync('mount', ['-o', 'remount,ro', tree]);
      expect((await refused(base, 'b:0:300000:65536')).stderr).toMatch(/nothing was changed: EROFS.*\[shift-refused\]/);
    } finally {
      execFileSync('umount', [tree]);
    }
  });
});

describe('maps of cooper shift', () => {
  it.each([
    ['no map', []],
    ['one map', ['--from', 'none']],
    ['a range beyond the last id', ['--from', 'none', '--to', 'b:0:4294967290:65536']],
    ['ranges that overlap', ['--from', 'none', '--to', 'b:0:1000:10,b:5:3000:10']],
  ])('%s is wrong usage', async (_, words) => {
    expect(await cooper(['shift', tree, ...words])).toMatchObject({ status: 2 });
  });
});
