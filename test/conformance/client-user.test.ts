// Containers of an ordinary user: ids shifted by the user's own subordinate range, no node made, everything removable again.

import { chmodSync, chownSync, lstatSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { hostileRootfs } from '../client/hostile-archive.ts';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { owners } from '../client/tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();

describeAsRoot('an ordinary user', () => {
  let publisher: Publisher;
  let server: RunningServer;
  let user: OrdinaryUser;
  const lxcPath = () => join(user.home, '.local/share/lxc');
  const create = (name: string, ...more: string[]) =>
    user.cooper([
      'create',
      name,
      imageName(smallImage),
      '--server',
      server.url,
      '--keyid',
      publisher.fingerprint,
      ...more,
    ]);

  beforeAll(async () => {
    publisher = await makePublisher(new Date(now.getTime() - 60_000));
    server = await serveTree(await publishBuilds(publisher, [await makeBuild(publisher, now)], now));
    user = makeOrdinaryUser();
  });
  afterAll(async () => {
    await server.close(0);
    publisher.remove();
    user.remove();
  });

  it('gets a container under ~/.local/share/lxc with every owner in the subordinate range', async () => {
    const outcome = await create('c1');
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.stdout).toContain('You made a container.');
    const rootfs = join(lxcPath(), 'c1/rootfs');
    for (const [path, [uid, gid]] of owners) {
      expect(lstatSync(join(rootfs, path))).toMatchObject({ uid: user.subuid + uid, gid: user.subgid + gid });
    }
    expect(lstatSync(rootfs)).toMatchObject({ uid: user.subuid, gid: user.subgid });
    expect(readdirSync(join(rootfs, 'dev'))).toEqual(['pts']);
    expect(readFileSync(join(rootfs, 'etc/hostname'), 'utf8')).toBe('c1\n');
  });

  it('owns folder and config as lxc-create leaves them', () => {
    expect(lstatSync(join(lxcPath(), 'c1'))).toMatchObject({ uid: user.subuid, gid: user.gid, mode: 0o40770 });
    expect(lstatSync(join(lxcPath(), 'c1/config'))).toMatchObject({ uid: user.uid, gid: user.gid, mode: 0o100640 });
  });

  it('finds the map in the config, as LXC reads it', async () => {
    const outcome = await user.run(['lxc-info', '-n', 'c1', '-c', 'lxc.idmap', '-c', 'lxc.net.0.type']);
    expect(outcome.stdout).toBe(
      `lxc.idmap = u 0 ${user.subuid} 65536\ng 0 ${user.subgid} 65536\nlxc.net.0.type = empty\n`,
    );
  });

  it('runs a command in it', async () => {
    const outcome = await user.cooper(['run', 'c1', '--', 'sh', '-c', 'id -u; cat /home/user/notes; exit 7']);
    expect(outcome).toMatchObject({ status: 7, stdout: '0\nhello\n' });
  });

  it('can remove it with LXC’s own tool', async () => {
    expect((await user.run(['lxc-destroy', '-n', 'c1'])).status).toBe(0);
    expect(readdirSync(lxcPath())).toEqual([]);
  });

  it('uses the map and the network of a default.conf', async () => {
    const lines = [
      `lxc.idmap = u 0 ${user.subuid} 30000`,
      `lxc.idmap = g 0 ${user.subgid} 40000`,
      'lxc.net.0.type = none',
    ];
    user.write('.config/lxc/default.conf', `${lines.join('\n')}\n`);
    expect(await create('c2')).toMatchObject({ status: 0 });
    const config = readFileSync(join(lxcPath(), 'c2/config'), 'utf8');
    for (const line of lines) expect(config.split(line)).toHaveLength(2);
    expect(config.match(/^lxc\.idmap/gm)).toHaveLength(2);
  });

  it('may name a map of its own ids, and no other', async () => {
    const map = (count: number) => `u:0:${user.subuid}:${count},g:0:${user.subgid}:${count}`;
    expect(await create('c6', '--idmap', map(2000))).toMatchObject({ status: 0 });
    expect(readFileSync(join(lxcPath(), 'c6/config'), 'utf8')).toContain(`lxc.idmap = u 0 ${user.subuid} 2000\n`);
    const beyond = await create('c7', '--idmap', map(65_537));
    expect(beyond).toMatchObject({ status: 69 });
    expect(beyond.stderr).toContain(`usermod --add-subuids ${user.subuid}-${user.subuid + 65_536} `);
    expect(await create('c7', '--idmap', 'none')).toMatchObject({ status: 2 });
    expect(readdirSync(lxcPath())).not.toContain('c7');
  });

  it('gets a container in a setgid folder of a group that is not in the map', async () => {
    const shared = mkdtempSync(join(publisher.folder, 'setgid-'));
    chownSync(shared, 0, 8);
    chmodSync(shared, 0o2777);
    expect(await create('c4', '--path', shared)).toMatchObject({ status: 0 });
    expect(lstatSync(join(shared, 'c4'))).toMatchObject({ uid: user.subuid, gid: user.gid, mode: 0o40770 });
    expect(lstatSync(join(shared, 'c4/rootfs'))).toMatchObject({ uid: user.subuid, gid: user.subgid });
  });

  it('is told before anything is made that a sticky folder of another user does not do', async () => {
    const shared = mkdtempSync(join(publisher.folder, 'sticky-'));
    chmodSync(shared, 0o1777);
    const outcome = await create('c5', '--path', shared);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain('containers-unwritable');
    expect(readdirSync(shared)).toEqual([]);
  });

  it('is left with nothing by an image that is refused half-way through unpacking', async () => {
    const rootfs = await hostileRootfs([
      { name: './var/', type: 'directory', mode: 0o555, uid: 7, gid: 7 },
      { name: './var/file', content: 'x', uid: 7, gid: 7 },
      { name: './../evil', content: 'x' },
    ]);
    const tree = await publishBuilds(publisher, [await makeBuild(publisher, now, { rootfs })], new Date());
    const spoilt = await serveTree(tree);
    const outcome = await user.cooper([
      ...['create', 'c3', imageName(smallImage), '--path', join(user.home, 'other')],
      ...['--server', spoilt.url, '--keyid', publisher.fingerprint],
    ]);
    await spoilt.close(0);
    expect(outcome.status).toBe(3);
    expect(outcome.stderr).toContain('archive-escapes-root');
    expect(readdirSync(join(user.home, 'other'))).toEqual([]);
  });
});
