// The LXC template, run by LXC's own lxc-create for each of its three callers: what becomes of the container, of the caller's files,
// and of both when something goes wrong.

import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
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
import { describeAsRoot } from '../setup/as-root.ts';
import { rootCaller, type TemplateCaller, userCaller } from './template-callers.ts';

const now = new Date();
let publisher: Publisher;
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
  server = await serveTree(await publishBuilds(publisher, builds, now));
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
const callers: readonly (readonly [title: string, make: () => TemplateCaller])[] = [
  ['root', () => rootCaller(folder('root'))],
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
    /** As a script would have it for the stock template, with the first word behind -t changed. */
    const create = (name: string, ...words: readonly string[]): Promise<Outcome> =>
      caller.run(['lxc-create', '-t', caller.template, '-n', name, ...caller.createWords, '--', ...words]);
    const image = ['-d', 'small', '-r', 'one', '-a', smallImage.architecture];
    const from = () => ['--server', server.url, '--keyid', publisher.fingerprint];
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
      const stock = ['--keyserver', 'hkp://127.0.0.1:9', '--no-validate', '--force-cache'];
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

    it('gets a container that starts, is entered, stops and goes away', async () => {
      expect(await lxc('start', '-d', '--', '/usr/bin/sleep', '600')).toMatchObject({ status: 0, stderr: '' });
      const entered = await lxc('attach', '--clear-env', '--', '/usr/bin/sh', '-c', 'id -u; hostname');
      expect(await lxc('stop', '-k')).toMatchObject({ status: 0 });
      expect(entered).toMatchObject({ status: 0, stdout: '0\nct01\n' });
      expect(await lxc('destroy')).toMatchObject({ status: 0 });
      expect(readdirSync(caller.lxcPath)).toEqual([]);
    });
  });
});
