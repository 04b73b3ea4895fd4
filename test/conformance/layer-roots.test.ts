// A root that begins as another one: taken over, merged or copied, the same changes give the same archive; hard links too.

import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LayerMode, LayerRoots } from '../../builder/buildroot/layer-roots.ts';
import { openWorkspace, type Workspace } from '../../builder/workspace.ts';
import { createStages } from '../../events/index.ts';
import { packRoot } from '../../image/index.ts';
import { type BoxTree, buildIdMap, type IdMap, runBox } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';

// What packages do to files that are there: write to one name of two, replace, remove, change owners, link, rename folders.
const changes = `
cd /tree
echo more >> linked/one
rm gone/file; rmdir gone; mkdir gone; echo new > gone/other
chown 8:42 kept; chmod 4755 kept
ln kept again
cp linked/two copy; mv copy linked/three; mv linked moved
setcap cap_net_raw+ep program
`;

describeAsRoot('a layer above another', () => {
  let folder: string;
  let idMap: IdMap;
  let workspace: Workspace;
  const { signal } = new AbortController();
  const report = async <T>(work: Parameters<ReturnType<typeof createStages>['run']>[1]): Promise<T> =>
    (await createStages(() => undefined, signal).run('layer', work)) as T;

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-layers-');
    idMap = await buildIdMap();
  });
  beforeEach(async () => {
    workspace = await openWorkspace(folder, idMap);
  });
  afterEach(() => workspace.remove());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function fill(root: string): void {
    for (const path of ['gone', 'linked']) mkdirSync(join(root, path));
    for (const path of ['gone/file', 'linked/one', 'kept']) writeFileSync(join(root, path), `${path}\n`);
    execFileSync('cp', ['/bin/true', join(root, 'program')]);
    linkSync(join(root, 'linked/one'), join(root, 'linked/two'));
    const outside = String(idMap.uid[0]?.outside ?? 0);
    execFileSync('chown', ['-R', `${outside}:${outside}`, root]);
    execFileSync('find', [root, '-exec', 'touch', '-h', '-d', '@1600000000', '{}', '+']);
  }

  async function change(tree: BoxTree): Promise<void> {
    const lines: string[] = [];
    const exit = await runBox(
      {
        idMap,
        root: 'empty',
        mounts: [
          { kind: 'bind', source: '/usr', target: '/usr', readOnly: true },
          ...['bin', 'lib', 'lib64', 'sbin'].map(
            (name) => ({ kind: 'symlink', target: `/${name}`, to: `usr/${name}` }) as const,
          ),
          { kind: 'proc', target: '/proc' },
          tree.overlay === undefined
            ? { kind: 'bind', source: tree.path, target: '/tree', readOnly: false }
            : { kind: 'overlay', target: '/tree', overlay: tree.overlay, readOnly: false },
        ],
        network: 'none',
        hostname: 'layers',
        seccomp: 'guarded',
        noNewPrivileges: false,
        argv: ['bash', '-ec', changes],
        env: { PATH: '/usr/sbin:/usr/bin' },
        cwd: '/',
      },
      { onLine: (line) => lines.push(line) },
    );
    expect([exit.status, lines]).toEqual([0, []]);
  }

  /** SHA-256 of the archive of the changed root; every time that the changes set is that of the epoch. */
  async function archiveOf(mode: LayerMode, last: boolean): Promise<string> {
    const roots = new LayerRoots(workspace, idMap, mode);
    const below = roots.lowest();
    fill(below.path);
    const tree = await report<BoxTree>((told) => roots.above(below, last, told, signal));
    await change(tree);
    const directory = mkdtempSync(join(folder, 'packed-'));
    const { rootfs } = await packRoot({ root: tree, idMap, epoch: 1_600_000_000, devices: [], directory });
    await roots.remove(tree);
    await roots.remove(below).catch(() => undefined);
    return rootfs.sha256;
  }

  it.each([
    ['merged', 'overlay'],
    ['copied', 'copy'],
  ] as const)('that is %s is the same as one that takes the root over', async (_how, mode) => {
    const direct = await archiveOf('direct', true);
    expect(await archiveOf(mode, false)).toBe(direct);
  });

  it('leaves the one below as it was', async () => {
    const roots = new LayerRoots(workspace, idMap, 'auto');
    const below = roots.lowest();
    fill(below.path);
    const listing = () => execFileSync('find', [below.path, '-printf', '%P %m %U:%G %n %s\\n'], { encoding: 'utf8' });
    const before = listing();
    await change(await report<BoxTree>((told) => roots.above(below, false, told, signal)));
    expect(listing()).toBe(before);
  });

  it('upon a merged one is merged again', async () => {
    const roots = new LayerRoots(workspace, idMap, 'overlay');
    const below = roots.lowest();
    fill(below.path);
    const middle = await report<BoxTree>((told) => roots.above(below, false, told, signal));
    await change(middle);
    const top = await report<BoxTree>((told) => roots.above(middle, false, told, signal));
    expect(top.overlay?.lowers).toHaveLength(2);
    const pack = async (tree: BoxTree) => {
      const directory = mkdtempSync(join(folder, 'packed-'));
      return (await packRoot({ root: tree, idMap, epoch: 1_600_000_000, devices: [], directory })).rootfs.sha256;
    };
    expect(await pack(top)).toBe(await pack(middle));
  });
});
