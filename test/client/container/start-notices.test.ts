import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closedFolders, missingLinks, unlistedIds } from '../../../client/container/start-notices.ts';

const ranges = [{ inside: 0, outside: 4_000_000_000, count: 10 }];
const map = { uid: ranges, gid: ranges };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cooper-notices-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('names each folder that the container’s root cannot enter, and none that does not exist yet', async () => {
  const containers = path.join(folder, 'home/lxc');
  await mkdir(path.dirname(containers), { mode: 0o700 });
  const notices = await closedFolders(containers, map);
  expect(notices).toHaveLength(2);
  expect(notices[1]).toContain(`chmod o+x ${folder}/home`);
  await chmod(folder, 0o711);
  expect(await closedFolders(containers, map)).toHaveLength(1);
  expect(await closedFolders(containers, 'host')).toEqual([]);
});

it('names a network device that is not there', async () => {
  const link = (value: string) => ({ key: 'lxc.net.0.link', value, line: 1 });
  expect(await missingLinks([link('lo'), link('nosuchbr0'), link('nosuchbr0')])).toEqual([
    expect.stringContaining('nosuchbr0'),
  ]);
});

it('tells root of ids that newuidmap would refuse, and nobody else', async () => {
  expect(await unlistedIds(map, 0)).toHaveLength(2);
  expect(await unlistedIds(map, 1000)).toEqual([]);
  expect(await unlistedIds('host', 0)).toEqual([]);
});
