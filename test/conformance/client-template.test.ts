// The LXC template, run by LXC's own lxc-create for each of its three callers: what becomes of the container, of the caller's files,
// and of both when something goes wrong.

import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../server/index.ts';
import { hostileRootfs } from '../client/hostile-archive.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { owners } from '../client/tree.ts';
import type { Outcome } from '../e2e/cooper.ts';
import { boxesOf, processesNaming } from '../e2e/left-over.ts';
import { eventually } from '../e2e/lxc/eventually.ts';
import { openTerminal } from '../e2e/tmux.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { faults, serveFaulty } from './faulty-origin.ts';
import { rootCaller, type TemplateCaller, userCaller } from './template-callers.ts';

const now = new Date();
let publisher: Publisher;
let tree: string;
let server: RunningServer;

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 60_000));
  const hostile = await hostileRootfs([
    { name: './var/', type: 'directory', mode: 0o555, uid: 7, gid: 7 },
    { name: './var/file', content: 'x', uid: 7, gid: 7 },
    { name: './../evil', content: 'x' },
  ]);
  const builds = await Promise.all([
    makeBuild(publisher, now, { lxc: { fstab: 'tmpfs LXC_ROOTFS/tmp tmpfs defaults 0 0\n' } }),
    makeBuild(publisher, now, { variant: 'outward', lxc: { templates: '/etc/hostname\n/etc/outward\n' } }),
    makeBuild(publisher, now, { variant: 'escaping', rootfs: hostile }),
  ]);
  const given = (name: string, text: string) => writeFileSync(join(publisher.folder, name), text, { mode: 0o755 });
  given('passwd', 'root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/user:/bin/sh\n');
  given('script', '#!/bin/sh\nset -e\ntouch /home/user/made\nstat -c "%u:%g" /home/user/notes > /etc/ran\n');
  given('fails', '#!/bin/sh\nexit 3\n');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(publisher.folder, 'key')]);
  tree = await publishBuilds(publisher, builds, now);
  server = await serveTree(tree);
});
afterAll(async () => {
  await server?.close(0);
  publisher?.remove();
});

const folder = (name: string) => {
  const made = join(publisher.folder, name);
  mkdirSync(made);
  return made;
};

/** As a script would have it for the stock template, with the word behind -t changed. */
const createBy = (caller: TemplateCaller, name: string, words: readonly string[]): Promise<Outcome> =>
  caller.run(['lxc-create', '-t', caller.template, '-n', name, ...caller.createWords, '--', ...words]);
const image = ['-d', 'small', '-r', 'one', '-a', smallImage.architecture];
const from = (url = server.url) => ['--server', url, '--keyid', publisher.fingerprint];

const callers: readonly (readonly [title: string, make: () => TemplateCaller])[] = [
  // LXC's own template breaks at these characters.
  ['root', () => rootCaller(folder('root #&'))],
  ['root with an id map', () => rootCaller(folder('mapped root'), 2_000_000)],
  ['an ordinary user', () => userCaller()],
];

describeAsRoot('lxc-create -t cooper', () => {
  describe.each(callers)('by %s', (_title, make) => {
    let caller: TemplateCaller;
    beforeAll(() => {
      caller = make();
    });
    afterAll(() => caller?.leave());

    const lxc = (tool: string, ...words: readonly string[]) =>
      caller.run([`lxc-${tool}`, '-P', caller.lxcPath, '-n', 'ct01', ...words]);
    const create = (name: string, ...words: readonly string[]) => createBy(caller, name, words);
    const inside = (...path: readonly string[]) => join(caller.lxcPath, 'ct01', ...path);
    const shift = (kind: 'uid' | 'gid') => caller.shifted?.[kind] ?? 0;

    it('finds it where `cooper template install` says', async () => {
      const { status, stdout, stderr } = await caller.cooper(['template', 'install']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toBe(
        `${caller.installed}\nuse it: lxc-create -t ${caller.template} -n NAME -- -d DIST -r RELEASE -a ARCH\n`,
      );
    });

    it('makes a container, with the options of the stock template', async () => {
      const stock = ['--keyserver', 'hkp://127.0.0.1:9', '--no-validate'];
      const { status, stdout, stderr } = await create('ct01', ...image, ...from(), ...stock);
      expect(status, stderr).toBe(0);
      expect(stdout).toContain('You made a container.');
      expect(stderr).toContain('--no-validate takes nothing away');
      expect(readdirSync(caller.lxcPath)).toEqual(['ct01']);
      expect(readdirSync(inside()).sort()).toEqual(['config', 'fstab', 'rootfs']);
    });

    it('has every owner where the map of the container has it, and nodes only without one', () => {
      for (const [path, [uid, gid]] of owners) {
        expect(lstatSync(inside('rootfs', path))).toMatchObject({ uid: shift('uid') + uid, gid: shift('gid') + gid });
      }
      expect(lstatSync(inside('rootfs'))).toMatchObject({ uid: shift('uid'), gid: shift('gid'), mode: 0o40755 });
      expect(lstatSync(inside('rootfs/usr/bin/id')).mode).toBe(0o104755);
      const devices = caller.shifted === undefined ? ['null', 'pts'] : ['pts'];
      expect(readdirSync(inside('rootfs/dev'))).toEqual(expect.arrayContaining(devices));
      if (caller.shifted !== undefined) expect(readdirSync(inside('rootfs/dev'))).toEqual(devices);
    });

    it('leaves folder, config and fstab whose they were, and all of the cache to the caller', () => {
      const { uid, gid } = caller;
      expect(lstatSync(inside('config'))).toMatchObject({ uid, gid, mode: 0o100640 });
      expect(lstatSync(inside('fstab'))).toMatchObject({ uid, gid, mode: 0o100644 });
      expect(lstatSync(inside()).uid).toBe(shift('uid'));
      const cached = readdirSync(caller.home, { recursive: true, encoding: 'utf8' });
      expect(cached).toContain('cache/images');
      for (const path of cached) expect(lstatSync(join(caller.home, path)), path).toMatchObject({ uid, gid });
    });

    it('puts the image’s configuration before what lxc-create has written', () => {
      const lines = readFileSync(inside('config'), 'utf8').split('\n');
      const own = (key: string) => lines.filter((line) => line.startsWith(key));
      const userns = caller.shifted === undefined ? [] : ['lxc.include = /usr/share/lxc/config/userns.conf'];
      expect(own('lxc.include')).toEqual(['lxc.include = /usr/share/lxc/config/common.conf', ...userns]);
      expect(own('lxc.rootfs.path')).toEqual([`lxc.rootfs.path = dir:${inside('rootfs')}`]);
      expect(own('lxc.mount.fstab')).toEqual([`lxc.mount.fstab = ${inside('fstab')}`]);
      expect(own('lxc.uts.name')).toEqual(['lxc.uts.name = ct01']);
      expect(own('lxc.net')).toEqual(['lxc.net.0.type = empty']);
      expect(own('lxc.idmap')).toHaveLength(caller.shifted === undefined ? 0 : 2);
      expect(lines).toContain('# from the administrator');
      expect(lines.indexOf('lxc.tty.max = 3')).toBeGreaterThan(lines.indexOf('lxc.arch = linux64'));
      expect(readFileSync(inside('fstab'), 'utf8')).toBe(`tmpfs ${inside('rootfs/tmp')} tmpfs defaults 0 0\n`);
      expect(readFileSync(inside('rootfs/etc/hostname'), 'utf8')).toBe('ct01\n');
    });

    it('leaves a container alone whose name is asked for again', async () => {
      const before = readFileSync(inside('config'));
      const again = await create('ct01', ...image, ...from());
      expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('already exists') });
      expect(readFileSync(inside('config'))).toEqual(before);
    });

    it('refuses an image that wants a file outside of its root rewritten, and nothing stays', async () => {
      const refused = await create('ct02', ...image, '--variant', 'outward', ...from());
      expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('[template-outside-root]') });
      expect(readdirSync(caller.lxcPath)).toEqual(['ct01']);
    });

    it('gets a container that starts, is entered, stops and goes away', async () => {
      expect(await lxc('start', '-d', '--', '/usr/bin/sleep', '600')).toMatchObject({ status: 0, stderr: '' });
      const entered = await lxc('attach', '--clear-env', '--', '/usr/bin/sh', '-c', 'id -u; hostname');
      expect(await lxc('stop', '-k')).toMatchObject({ status: 0 });
      expect(entered).toMatchObject({ status: 0, stdout: '0\nct01\n' });
      expect(await lxc('destroy')).toMatchObject({ status: 0 });
      expect(readdirSync(caller.lxcPath)).toEqual([]);
    });

    const provided = (script: string) => {
      const source = (name: string) => join(publisher.folder, name);
      return ['--file', `${source('passwd')}:/etc/passwd:0644`, '--run', source(script)];
    };

    it('does to the root what it was told, and lets in whom it was told', async () => {
      const key = join(publisher.folder, 'key.pub');
      const login = ['--user', 'bob', '--password', 'random', '--ssh-key', key];
      const { status, stdout, stderr } = await create('ct01', ...image, ...from(), ...provided('script'), ...login);
      expect(status, stderr).toBe(0);
      const file = inside('bob.password');
      expect(stdout).toContain(`Password of bob: ${readFileSync(file, 'utf8').trim()}\nIt is in ${file} too`);
      expect(lstatSync(file)).toMatchObject({ uid: caller.uid, gid: caller.gid, mode: 0o100600 });
      expect(readFileSync(inside('rootfs/etc/ran'), 'utf8')).toBe('1000:1000\n');
      expect(lstatSync(inside('rootfs/home/user/made'))).toMatchObject({ uid: shift('uid'), gid: shift('gid') });
      expect(readFileSync(inside('rootfs/etc/shadow'), 'utf8')).toMatch(/^bob:\$/);
      const keys = inside('rootfs/home/user/.ssh/authorized_keys');
      expect(readFileSync(keys, 'utf8')).toBe(readFileSync(key, 'utf8'));
      expect(lstatSync(keys)).toMatchObject({ uid: shift('uid') + 1000, gid: shift('gid') + 1000, mode: 0o100600 });
      expect(readdirSync(caller.lxcPath)).toEqual(['ct01']);
      expect(await lxc('destroy')).toMatchObject({ status: 0 });
    });

    it('keeps nothing of a container whose script fails', async () => {
      const failed = await create('ct01', ...image, ...from(), ...provided('fails'));
      expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining('[provision-failed]') });
      expect(readdirSync(caller.lxcPath)).toEqual([]);
    });

    it('takes what is in the cache when that is asked for, without a server', async () => {
      const nobody = from('http://127.0.0.1:9');
      const refused = await create('ct01', ...image, ...nobody, '--force-cache', '--flush-cache');
      expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("'--flush-cache'") });
      const { status, stdout, stderr } = await create('ct01', ...image, ...nobody, '--force-cache');
      expect(status, stderr).toBe(0);
      expect(stdout).toContain('no server was asked');
      expect(await lxc('destroy')).toMatchObject({ status: 0 });
    });
  });

  it('asks on a terminal, also in the user namespace, and fills the root that --dir names', async () => {
    const caller = rootCaller(folder('asked'), 3_000_000);
    await caller.cooper(['template', 'install']);
    const dir = folder('asked/elsewhere');
    const create = ['lxc-create', '-t', 'cooper', '-n', 'ct05', ...caller.createWords, '--dir', dir];
    const words = caller.line([...create, '--', '-d', 'small', ...from()]);
    const terminal = openTerminal(words.map((word) => `'${word}'`).join(' '));
    try {
      for (const question of ['Release (one', 'Architecture (', 'Variant (']) {
        await terminal.shows(question);
        terminal.press('Enter');
      }
      expect(await terminal.shows(/status=\d+/)).toContain('status=0');
    } finally {
      terminal.close();
    }
    expect(lstatSync(join(dir, 'usr/bin/id'))).toMatchObject({ uid: 3_000_000, mode: 0o104755 });
    expect(readFileSync(join(caller.lxcPath, 'ct05/config'), 'utf8')).toContain(`lxc.rootfs.path = dir:${dir}\n`);
    expect(readFileSync(join(dir, 'etc/origin'), 'utf8')).toContain(`${dir} `);
  });

  describe('that goes wrong', () => {
    let user: TemplateCaller;
    beforeAll(async () => {
      user = userCaller();
      expect(await user.cooper(['template', 'install'])).toMatchObject({ status: 0 });
      await user.run(['mkdir', '-p', user.lxcPath]);
    });
    afterAll(() => user?.leave());

    const cases: readonly (readonly [what: string, said: string, words: () => readonly string[]])[] = [
      ['an unknown option', "unknown option '--frobnicate'", () => [...image, ...from(), '--frobnicate']],
      ['an image that is not there', '[image-not-found]', () => ['-d', 'small', '-r', 'two', ...from()]],
      ['no image where nobody can be asked', '-r RELEASE is missing', () => ['-d', 'small', ...from()]],
      ['a server that is down', '[server-unreachable]', () => [...image, ...from('http://127.0.0.1:9')]],
      ['no key', '[key-missing]', () => [...image, '--server', server.url]],
      ['--help', 'Usage: lxc-create -t cooper', () => ['--help']],
      ['--list', 'small/one/', () => ['--list', ...from()]],
      ['an image that leaves its root', '[archive-escapes-root]', () => [...image, '--variant', 'escaping', ...from()]],
    ];
    it.each(cases)('says so and leaves nothing: %s', async (_what, said, words) => {
      const { status, stdout, stderr } = await createBy(user, 'ct03', words());
      expect({ status, said: stdout + stderr }).toEqual({ status: 1, said: expect.stringContaining(said) });
      expect(readdirSync(user.lxcPath)).toEqual([]);
    });

    it('leaves nothing when the template is killed while it unpacks', async () => {
      const made = await stopped('SIGKILL');
      expect(made).toMatchObject({ status: 1, stderr: expect.stringContaining('Failed to create container') });
      expect(readdirSync(user.lxcPath)).toEqual([]);
    });

    it('takes back what it has unpacked when Ctrl-C ends it; what lxc-create leaves then, lxc-destroy removes', async () => {
      const made = await stopped('SIGINT');
      expect(made.stderr).toContain('[interrupted]');
      expect(readdirSync(join(user.lxcPath, 'ct04')).sort()).toEqual(['config', 'partial', 'rootfs']);
      expect(readdirSync(join(user.lxcPath, 'ct04/rootfs'))).toEqual([]);
      expect(await user.run(['lxc-destroy', '-n', 'ct04'])).toMatchObject({ status: 0 });
      expect(readdirSync(user.lxcPath)).toEqual([]);
    });

    /** Sends a signal while the archive arrives: the one to the template alone, the other, as a terminal does, to all. */
    async function stopped(signal: 'SIGKILL' | 'SIGINT'): Promise<Outcome> {
      const stalling = await serveFaulty(tree);
      stalling.spoil(/rootfs\.tar/, faults['stops in the middle']);
      const rootfs = join(user.lxcPath, 'ct04/rootfs');
      const boxes = async () => boxesOf(rootfs);
      try {
        const making = createBy(user, 'ct04', [...image, '--flush-cache', ...from(stalling.url)]);
        await eventually('it unpacks', 30, boxes, ({ length }) => length > 0);
        const template = processesNaming('--name=ct04').filter((pid) => processesNaming('run').includes(pid));
        expect(template).toHaveLength(1);
        const all = [...processesNaming('ct04'), ...processesNaming('--name=ct04')];
        for (const pid of signal === 'SIGKILL' ? template : all) process.kill(Number(pid), signal);
        const made = await making;
        await eventually('nothing of it runs', 10, boxes, ({ length }) => length === 0);
        return made;
      } finally {
        await stalling.close();
      }
    }
  });
});
