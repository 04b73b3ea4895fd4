import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  closedFolders,
  missingLinks,
  obstacleText,
  refusedLinks,
  unlistedIds,
} from '../../../client/container/start-notices.ts';

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
  const notices = (await closedFolders(containers, map)).map(obstacleText);
  expect(notices).toHaveLength(2);
  expect(notices[1]).toContain(`: chmod o+x ${folder}/home`);
  await chmod(folder, 0o711);
  expect(await closedFolders(containers, map)).toHaveLength(1);
  expect(await closedFolders(containers, 'host')).toEqual([]);
});

it('names a network device that is not there', async () => {
  const link = (value: string) => ({ key: 'lxc.net.0.link', value, line: 1 });
  expect(await missingLinks([link('lo'), link('nosuchbr0'), link('nosuchbr0')])).toEqual([
    expect.objectContaining({ kind: 'link-missing', what: expect.stringContaining('nosuchbr0') }),
  ]);
});

it('tells an ordinary user of a network device that lxc-usernet does not give', async () => {
  const lines = [{ key: 'lxc.net.0.link', value: 'lxcbr0', line: 1 }];
  const file = path.join(folder, 'lxc-usernet');
  const [refused] = await refusedLinks(lines, 1000, file);
  expect(refused).toMatchObject({ kind: 'link-refused', fix: expect.stringMatching(/echo "\S+ veth lxcbr0 10"/) });
  await writeFile(file, `${/echo "(.*)"/.exec(refused?.fix ?? '')?.[1]}\n`);
  expect(await refusedLinks(lines, 1000, file)).toEqual([]);
  expect(await refusedLinks(lines, 0, path.join(folder, 'none'))).toEqual([]);
});

it('tells root of ids that newuidmap would refuse, and nobody else', async () => {
  expect(await unlistedIds(map, 0)).toHaveLength(2);
  expect(await unlistedIds(map, 1000)).toEqual([]);
  expect(await unlistedIds('host', 0)).toEqual([]);
});
