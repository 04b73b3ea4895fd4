// A root that begins as another one: taken over, merged or copied, on disk or in memory, the same changes give
// the same archive; hard links too.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LayerMode, LayerRoots } from '../../builder/buildroot/layer-roots.ts';
import { openMemoryWorkspace } from '../../builder/memory-workspace.ts';
import { openWorkspace, type Workspace } from '../../builder/workspace.ts';
import { createStages } from '../../events/index.ts';
import { packRoot } from '../../image/index.ts';
import { type BoxTree, buildIdMap, hostMounts, type IdMap, runBox } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { describeInMemory } from '../setup/in-memory.ts';

// What packages bring: hard links, capabilities, attributes, programs with rights.
const contents = `
mkdir gone linked
for path in gone/file linked/one kept removed; do echo "$path" > "$path"; done
ln linked/one linked/two
cp /bin/true program
cp /usr/bin/id as-eight; chown 8:42 as-eight; chmod 6755 as-eight
cp /bin/grep with-rights; setcap cap_net_bind_service+ep with-rights
python3 -c 'import os; os.setxattr("kept", "user.note", b"x\\0y")'
mkdir -m 700 closed; ln -s ../kept closed/link
`;

// What they do to files that are there: write to one name of two, replace, remove, change owners, link, rename folders.
const changes = `
echo more >> linked/one
rm gone/file; rmdir gone; mkdir gone; echo new > gone/other
rm removed
chown 8:42 kept; chmod 4755 kept
ln kept again
cp linked/two copy; mv copy linked/three; mv linked moved
setcap cap_net_raw+ep program
`;

// What programs with rights give to somebody who has none.
const use = `
setpriv --reuid 1000 --regid 1000 --clear-groups ./as-eight -u
setpriv --reuid 1000 --regid 1000 --clear-groups ./with-rights CapEff /proc/self/status
`;

describeAsRoot('a layer above another', () => {
  let folder: string;
  let idMap: IdMap;
  let workspace: Workspace;
  let memory: Workspace | undefined;
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
  afterEach(async () => {
    await workspace.remove();
    await memory?.remove();
    memory = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function rootsOf(mode: LayerMode, place: 'disk' | 'memory' = 'disk'): Promise<LayerRoots> {
    if (place === 'disk') return new LayerRoots({ workspace, idMap, mode });
    memory ??= (await openMemoryWorkspace(idMap)) as Workspace;
    return new LayerRoots({ workspace, idMap, mode, memory: { workspace: memory, reserveBytes: 0 } });
  }

  /** Runs a script in the tree, as root of the image; gives what it says. */
  async function run(script: string, tree: BoxTree): Promise<readonly string[]> {
    const lines: string[] = [];
    const exit = await runBox(
      {
        idMap,
        root: 'empty',
        mounts: [
          ...hostMounts(),
          { kind: 'proc', target: '/proc' },
          { kind: 'dev', target: '/dev' },
          tree.overlay === undefined
            ? { kind: 'bind', source: tree.path, target: '/tree', readOnly: false }
            : { kind: 'overlay', target: '/tree', overlay: tree.overlay, readOnly: false },
        ],
        network: 'none',
        hostname: 'layers',
        seccomp: 'guarded',
        noNewPrivileges: false,
        argv: ['bash', '-ec', script],
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        cwd: '/tree',
      },
      { onLine: (line) => lines.push(line) },
    );
    expect([exit.status, lines]).toEqual([0, expect.anything()]);
    return lines;
  }

  /** SHA-256 of the archive; every time that the changes set is that of the epoch. */
  async function pack(tree: BoxTree): Promise<string> {
    const directory = mkdtempSync(join(folder, 'packed-'));
    return (await packRoot({ root: tree, idMap, epoch: 1_600_000_000, devices: [], directory })).rootfs.sha256;
  }

  /** The archive of the changed root. */
  async function archiveOf(roots: LayerRoots, last: boolean): Promise<string> {
    const below = roots.lowest();
    await run(contents, below);
    const tree = await report<BoxTree>((told) => roots.above(below, last, told, signal));
    await run(changes, tree);
    const digest = await pack(tree);
    await roots.remove(tree);
    await roots.remove(below);
    return digest;
  }

  it.each([
    ['merged', 'overlay'],
    ['copied', 'copy'],
  ] as const)('that is %s is the same as one that takes the root over', async (_how, mode) => {
    const direct = await archiveOf(await rootsOf('direct'), true);
    expect(await archiveOf(await rootsOf(mode), false)).toBe(direct);
  });

  describeInMemory('in memory', () => {
    it.each([
      ['takes the root over', 'direct', true],
      ['is merged', 'overlay', false],
      ['is copied', 'copy', false],
    ] as const)('%s as on disk', async (_how, mode, last) => {
      const onDisk = await archiveOf(await rootsOf('direct'), true);
      expect(await archiveOf(await rootsOf(mode, 'memory'), last)).toBe(onDisk);
    });

    it('programs give the rights that they have on disk', async () => {
      const used = async (place: 'disk' | 'memory'): Promise<readonly string[]> => {
        const root = (await rootsOf('direct', place)).lowest();
        await run(contents, root);
        return run(use, root);
      };
      const onDisk = await used('disk');
      expect(onDisk).toEqual(['8', expect.stringMatching(/^CapEff:\s+0+400$/)]);
      expect(await used('memory')).toEqual(onDisk);
    });

    it('only mount points are on disk, and nothing of it stays', async () => {
      const root = (await rootsOf('direct', 'memory')).lowest();
      await run(contents, root);
      expect(readdirSync(root.path)).toEqual([]);
      expect(statfsSync(root.overlay?.upper ?? '').type).toBe(0x01021994);
      const { path = '' } = memory ?? {};
      await memory?.remove();
      expect(existsSync(path)).toBe(false);
    });
  });

  it('leaves the one below as it was', async () => {
    const roots = await rootsOf('auto');
    const below = roots.lowest();
    await run(contents, below);
    const listing = () => execFileSync('find', [below.path, '-printf', '%P %m %U:%G %n %s\\n'], { encoding: 'utf8' });
    const before = listing();
    await run(changes, await report<BoxTree>((told) => roots.above(below, false, told, signal)));
    expect(listing()).toBe(before);
  });

  it('upon a merged one is merged again', async () => {
    const roots = await rootsOf('overlay');
    const below = roots.lowest();
    await run(contents, below);
    const middle = await report<BoxTree>((told) => roots.above(below, false, told, signal));
    await run(changes, middle);
    const top = await report<BoxTree>((told) => roots.above(middle, false, told, signal));
    expect(top.overlay?.lowers).toHaveLength(2);
    expect(await pack(top)).toBe(await pack(middle));
  });
});
