import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lxcPath, readDefaultConfig, readExpandedConfig } from '../../../client/container/host-config.ts';
import { idMapOf } from '../../../client/container/lxc-config.ts';
import { containersFolder } from '../../../client/container/target.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cooper-host-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const root = () => ({ uid: 0, home: '/root', systemDir: folder });
const user = () => ({ uid: 1000, home: folder });
const put = async (name: string, text: string) => {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), text);
};

describe('containersFolder', () => {
  it('takes --path before the home’s folder, and that before LXC’s', async () => {
    await put('lxc.conf', 'lxc.lxcpath = /srv/lxc/\n');
    expect(await containersFolder({ path: '/a', homeContainers: '/b' }, root())).toBe('/a');
    expect(await containersFolder({ homeContainers: '/b' }, root())).toBe('/b');
    expect(await containersFolder({}, root())).toBe('/srv/lxc');
  });

  it('falls back to LXC’s own defaults', async () => {
    expect(await lxcPath(root())).toBe('/var/lib/lxc');
    expect(await lxcPath(user())).toBe(path.join(folder, '.local/share/lxc'));
  });

  it('reads the user’s own lxc.conf', async () => {
    await put('.config/lxc/lxc.conf', 'lxc.lxcpath = /big/disk\n');
    expect(await lxcPath(user())).toBe('/big/disk');
  });
});

describe('readDefaultConfig', () => {
  it('is empty when there is none', async () => {
    expect(await readDefaultConfig(user())).toMatchObject({ exists: false, own: [], expanded: [] });
  });

  it('follows lxc.default_config', async () => {
    await put('lxc.conf', `lxc.default_config = ${folder}/other.conf\n`);
    await put('other.conf', 'lxc.net.0.type = empty\n');
    expect((await readDefaultConfig(root())).own).toMatchObject([{ key: 'lxc.net.0.type', value: 'empty' }]);
  });

  it('finds an id map in included files and folders, in order', async () => {
    await put('default.conf', `lxc.include = ${folder}/one.conf\nlxc.include = ${folder}/more\n`);
    await put('one.conf', 'lxc.idmap = u 0 1 1\n');
    await put('more/20.conf', 'lxc.idmap = g 0 3 1\n');
    await put('more/10.conf', 'lxc.idmap = u 1 2 1\n');
    await put('more/ignored.txt', 'nonsense\n');
    const { own, expanded, file } = await readDefaultConfig(root());
    expect(own).toHaveLength(2);
    expect(idMapOf(expanded, file)).toEqual({
      uid: [
        { inside: 0, outside: 1, count: 1 },
        { inside: 1, outside: 2, count: 1 },
      ],
      gid: [{ inside: 0, outside: 3, count: 1 }],
    });
  });

  it('ends on a file that includes itself', async () => {
    await put('default.conf', `lxc.include = ${folder}/default.conf\nlxc.net.0.type = empty\n`);
    expect((await readDefaultConfig(root())).expanded.at(-1)).toMatchObject({ value: 'empty' });
  });

  it('takes an include that is not there as empty', async () => {
    await put('default.conf', `lxc.include = ${folder}/gone.conf\n`);
    expect((await readDefaultConfig(root())).expanded).toEqual([]);
  });
});

it('readExpandedConfig tells an absent file from an empty one', async () => {
  await put('config', '');
  expect(await readExpandedConfig(path.join(folder, 'config'))).toEqual([]);
  expect(await readExpandedConfig(path.join(folder, 'gone'))).toBeUndefined();
});
