// Containers in id maps that the user names, judged by LXC's own tools and the kernel's view of owners.

import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CreatedContainer, createContainer, parseIdMap } from '../../client/index.ts';
import type { RunningServer } from '../../server/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, serveTree } from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { owners } from '../client/tree.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
const otherMap = 'lxc.idmap = u 0 700000 65536\nlxc.idmap = g 0 700000 65536\n';

describeAsRoot('cooper create --idmap', () => {
  let publisher: Publisher;
  let server: RunningServer;
  beforeAll(async () => {
    publisher = await makePublisher(new Date(now.getTime() - 60_000));
    server = await serveTree(await publishBuilds(publisher, [await makeBuild(publisher, now)], now));
  });
  afterAll(async () => {
    await server.close();
    publisher.remove();
  });

  const home = (name: string) => join(publisher.folder, name);
  const create = (name: string, idMap: string, defaultConf: string) => {
    const request = createRequest({ publisher, url: server.url, home: home(name), defaultConf, name, now });
    return createContainer({ ...request, idMap: parseIdMap([idMap], '--idmap') });
  };
  const idmapOf = (made: CreatedContainer) =>
    execFileSync('lxc-info', ['-P', join(made.folder, '..'), '-n', made.name, '-c', 'lxc.idmap'], { encoding: 'utf8' });

  it('takes the place of the map of default.conf, and several ranges are one container', async () => {
    const map = 'u:0:100000:1000,u:1000:300000:64536,g:0:200000:65536';
    const made = await create('several', map, `${otherMap}lxc.net.0.type = empty\n`);
    expect(idmapOf(made)).toBe('lxc.idmap = u 0 100000 1000\nu 1000 300000 64536\ng 0 200000 65536\n');
    for (const [name, [uid, gid]] of owners) {
      const outside = uid < 1000 ? 100_000 + uid : 300_000 + uid - 1000;
      expect(lstatSync(join(made.folder, 'rootfs', name)), name).toMatchObject({ uid: outside, gid: 200_000 + gid });
    }
  });

  it('with none makes a privileged container whatever default.conf has', async () => {
    const made = await create('none', 'none', otherMap);
    expect(made.privileged).toBe(true);
    expect(lstatSync(join(made.folder, 'rootfs'))).toMatchObject({ uid: 0, gid: 0 });
    expect(idmapOf(made)).toBe('lxc.idmap =\n');
  });

  it.each([
    ['too small', 'b:0:100000:1000', 'u 1000 101000 65536', '--add-subuids 101000-166535'],
    ['with a hole', 'b:0:100000:999,b:2000:300000:65536', 'u 999 365536 1001', '--add-subuids 365536-366536'],
  ])('%s is refused with what it lacks, and leaves nothing', async (_, map, line, command) => {
    await expect(create('lacking', map, '')).rejects.toMatchObject({
      code: 'id-outside-map',
      message: expect.stringMatching(/belongs to user 1000, but the container has only 0–99/),
      next: expect.stringMatching(`${line}.*${command}`),
    });
    expect(existsSync(join(home('lacking'), 'containers/lacking'))).toBe(false);
    expect(readdirSync(join(home('lacking'), 'containers'))).toEqual([]);
  });
});
