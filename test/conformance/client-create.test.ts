// Containers made from a real image over a real server, judged by GNU tar, LXC's own tools and the kernel's view of owners.

import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CreatedContainer, createContainer } from '../../client/index.ts';
import type { RunningServer } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { owners } from '../client/tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
let publisher: Publisher;
let tree: string;
let server: RunningServer;

beforeAll(async () => {
  publisher = await makePublisher(new Date(now.getTime() - 60_000));
  tree = await publishBuilds(publisher, [await makeBuild(publisher, now)], now);
  server = await serveTree(tree);
});
afterAll(async () => {
  await server.close();
  publisher.remove();
});

const make = (home: string, defaultConf: string, name = 'c1') =>
  createContainer(
    createRequest({ publisher, url: server.url, home: join(publisher.folder, home), defaultConf, name, now }),
  );
const lxcInfo = (made: CreatedContainer, key: string) =>
  execFileSync('lxc-info', ['-P', join(made.folder, '..'), '-n', made.name, '-c', key], { encoding: 'utf8' }).trim();

describeAsRoot('a privileged container of root', () => {
  let made: CreatedContainer;
  beforeAll(async () => {
    made = await make('privileged', 'lxc.net.0.type = empty\nlxc.apparmor.profile = unconfined\n');
  });

  it('tells what it was made from', () => {
    expect(made).toMatchObject({
      image: imageName(smallImage),
      publisher: publisher.fingerprint,
      privileged: true,
      message: 'You made a container.\n',
    });
  });

  it('has exactly what is in the archive, as GNU tar compares it', () => {
    const [build] = readdirSync(join(tree, 'images/small/one', smallImage.architecture, 'default'));
    const archive = join(tree, 'images/small/one', smallImage.architecture, 'default', build ?? '', 'rootfs.tar.xz');
    const options = ['--compare', '--xz', '--file', archive, '--numeric-owner', '--xattrs', '--directory'];
    const templates = ['--exclude=./etc/hostname', '--exclude=./etc/origin', '--exclude=./dev'];
    expect(() => execFileSync('tar', [...options, join(made.folder, 'rootfs'), ...templates])).not.toThrow();
  });

  it('has the device nodes of the archive', () => {
    const status = statSync(join(made.folder, 'rootfs/dev/null'));
    expect(status.isCharacterDevice()).toBe(true);
    expect([status.rdev >> 8, status.rdev & 0xff, status.mode & 0o777]).toEqual([1, 3, 0o666]);
  });

  it('has the owners and modes that lxc-create gives', () => {
    expect(lstatSync(made.folder)).toMatchObject({ uid: 0, gid: 0, mode: 0o40770 });
    expect(lstatSync(join(made.folder, 'config'))).toMatchObject({ uid: 0, gid: 0, mode: 0o100640 });
  });

  it('has a config that LXC reads', () => {
    expect(lxcInfo(made, 'lxc.rootfs.path')).toBe(`lxc.rootfs.path = ${made.folder}/rootfs`);
    expect(lxcInfo(made, 'lxc.uts.name')).toBe('lxc.uts.name = c1');
    expect(lxcInfo(made, 'lxc.net.0.type')).toBe('lxc.net.0.type = empty');
    // From common.conf, which the image's config includes by a placeholder.
    expect(lxcInfo(made, 'lxc.tty.max')).toBe('lxc.tty.max = 4');
  });

  it('is started, entered and stopped by LXC', () => {
    const lxc = (tool: string, ...words: string[]) =>
      execFileSync(`lxc-${tool}`, ['-P', join(made.folder, '..'), '-n', 'c1', ...words], { encoding: 'utf8' });
    lxc('start', '-d', '--', '/usr/bin/sleep', '600');
    try {
      expect(lxc('attach', '--', '/usr/bin/id', '-u')).toBe('0\n');
      expect(lxc('attach', '--', '/usr/bin/hostname')).toBe('c1\n');
    } finally {
      lxc('stop', '-k');
    }
  });

  it('has its placeholders replaced in the files that the image names', () => {
    expect(readFileSync(join(made.folder, 'rootfs/etc/hostname'), 'utf8')).toBe('c1\n');
    expect(readFileSync(join(made.folder, 'rootfs/etc/origin'), 'utf8')).toBe(
      `${made.folder} ${made.folder}/rootfs /usr/share/lxc/hooks\n`,
    );
  });
});

describeAsRoot('a container of root with an id map', () => {
  let made: CreatedContainer;
  beforeAll(async () => {
    made = await make('mapped', 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 3000000 65536\n');
  });

  it('has every owner shifted by the map', () => {
    for (const [path, [uid, gid]] of owners) {
      expect(lstatSync(join(made.folder, 'rootfs', path))).toMatchObject({ uid: 2000000 + uid, gid: 3000000 + gid });
    }
    expect(lstatSync(join(made.folder, 'rootfs/usr/bin/id'))).toMatchObject({ uid: 2000000, mode: 0o104755 });
  });

  it('has no device nodes', () => {
    expect(readdirSync(join(made.folder, 'rootfs/dev'))).toEqual(['pts']);
  });

  it('has the owners that lxc-create gives, and the config for containers with a map', () => {
    expect(lstatSync(made.folder)).toMatchObject({ uid: 2000000, gid: 3000000, mode: 0o40770 });
    expect(lstatSync(join(made.folder, 'config'))).toMatchObject({ uid: 0, gid: 0, mode: 0o100640 });
    expect(readFileSync(join(made.folder, 'config'), 'utf8')).toContain('/userns.conf');
    expect(lxcInfo(made, 'lxc.idmap')).toBe('lxc.idmap = u 0 2000000 65536\ng 0 3000000 65536');
  });

  it('refuses an image with an owner outside of the map and says which', async () => {
    const narrow = 'lxc.idmap = u 0 2000000 1000\nlxc.idmap = g 0 3000000 65536\n';
    await expect(make('narrow', narrow)).rejects.toMatchObject({
      code: 'id-outside-map',
      message: expect.stringContaining('user 1000'),
    });
    expect(readdirSync(join(publisher.folder, 'narrow/containers'))).toEqual([]);
  });
});

describeAsRoot('making a container', () => {
  const net = 'lxc.net.0.type = empty\n';
  const cacheOf = (home: string) => join(publisher.folder, home, 'cache');

  it('refuses a name that is taken and leaves the container alone', async () => {
    const made = await make('taken', net);
    const before = readFileSync(join(made.folder, 'config'));
    await expect(make('taken', net)).rejects.toMatchObject({ code: 'container-exists', exit: 1 });
    expect(readFileSync(join(made.folder, 'config'))).toEqual(before);
    expect(readdirSync(join(publisher.folder, 'taken/containers'))).toEqual(['c1']);
  });

  it('makes one container when two runs want the same name', async () => {
    const results = await Promise.allSettled([make('race', net), make('race', net)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(readdirSync(join(publisher.folder, 'race/containers'))).toEqual(['c1']);
  });

  it('uses the cache only as long as it holds the signed bytes', async () => {
    await make('cached', net, 'first');
    const names = readdirSync(cacheOf('cached')).filter((name) => name.includes('.tar.'));
    const files = names.map((name) => join(cacheOf('cached'), name));
    expect(files).toHaveLength(2);
    const inode = (file: string) => statSync(file).ino;
    const [kept = '', spoilt = ''] = files;
    const before = files.map(inode);
    writeFileSync(spoilt, 'spoilt');
    const second = await make('cached', net, 'second');
    expect(existsSync(join(second.folder, 'rootfs/usr/bin/sh'))).toBe(true);
    expect(inode(kept)).toBe(before[0]);
    expect(inode(spoilt)).not.toBe(before[1]);
  });

  it('removes what a run that was killed has left behind, but nothing that is still being filled', async () => {
    const containers = join(publisher.folder, 'leftovers/containers');
    mkdirSync(join(containers, '.old.cooper-AAAAAA/rootfs/etc'), { recursive: true });
    const busy = join(containers, '.busy.cooper-BBBBBB');
    mkdirSync(busy);
    // Not yet locked, because just made; and left so by a run that was killed at that moment.
    mkdirSync(join(containers, '.new.cooper-CCCCCC'), { mode: 0o700 });
    const stale = join(containers, '.stale.cooper-DDDDDD');
    mkdirSync(stale, { mode: 0o700 });
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(stale, hourAgo, hourAgo);
    const script = 'flock --exclusive 9; echo locked; cat';
    const holder = spawn('sh', ['-c', `exec 9<"$0"; ${script}`, busy], { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    try {
      await make('leftovers', net);
      expect(readdirSync(containers).sort()).toEqual(['.busy.cooper-BBBBBB', '.new.cooper-CCCCCC', 'c1']);
    } finally {
      holder.stdin.end();
      rmSync(busy, { recursive: true });
    }
  });
});
