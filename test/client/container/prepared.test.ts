import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planPrepared, readPrepared, stagePrepared } from '../../../client/container/prepared.ts';

let folder: string;
const rootfs = () => join(folder, 'rootfs');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-prepared-'));
  mkdirSync(rootfs());
  writeFileSync(
    join(folder, 'config'),
    '# mine\nfoo = bar\n\nlxc.net.0.type = empty\nlxc.rootfs.path = btrfs:/srv/r\n',
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('what lxc-create has prepared', () => {
  it('is read line by line: what LXC is told, and the rest as it stands', async () => {
    const prepared = await readPrepared(folder, rootfs());
    expect(prepared).toMatchObject({ folder, rootfs: rootfs(), otherLines: ['# mine', 'foo = bar'] });
    expect(prepared.config.map(({ key, value }) => `${key}=${value}`)).toEqual([
      'lxc.net.0.type=empty',
      'lxc.rootfs.path=btrfs:/srv/r',
    ]);
  });

  it('may have the folder of a new file system in its root', async () => {
    mkdirSync(join(rootfs(), 'lost+found'));
    const prepared = await readPrepared(folder, rootfs());
    expect(prepared).toMatchObject({ rootfs: rootfs() });
    // It stays when all that was made in the root goes.
    mkdirSync(join(rootfs(), 'etc'));
    await stagePrepared(prepared, 'host').discard();
    expect(readdirSync(rootfs())).toEqual(['lost+found']);
  });

  it('is refused with something in its root, which a failure would remove', async () => {
    writeFileSync(join(rootfs(), 'letters'), '');
    await expect(readPrepared(folder, rootfs())).rejects.toMatchObject({ code: 'container-exists' });
  });

  it.each([
    ['without a config', () => join(folder, 'rootfs'), () => folder],
    ['without a root', () => folder, () => join(folder, 'none')],
    ['with a line break in a path, which no config can hold', () => `${folder}\nlxc.hook = /x`, rootfs],
  ])('is refused %s', async (_title, path, root) => {
    await expect(readPrepared(path(), root())).rejects.toMatchObject({ code: 'bad-usage' });
  });

  it('has the ids of the map in its config, also of one that is included', async () => {
    writeFileSync(join(folder, 'ids.conf'), 'lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 200000 65536\n');
    writeFileSync(join(folder, 'config'), `lxc.include = ${folder}/ids.conf\n`);
    const plan = await planPrepared(await readPrepared(folder, rootfs()));
    expect(plan).toMatchObject({ mode: 'user', idMap: { uid: [{ outside: 100_000 }], gid: [{ outside: 200_000 }] } });
    expect(plan.defaults.map(({ key }) => key)).toEqual(['lxc.include']);
  });
});
