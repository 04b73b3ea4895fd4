// Trees that overlayfs merges, as a root and as a mount, for real root with a shifted map and for an ordinary user: changes
// go to the upper folder alone, removals stay removed in the next layer.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BoxExit, OverlayFolders } from '../../native/index.ts';
import { describeInMemory } from '../setup/in-memory.ts';
import { type Identity, identityNames, makeIdentity } from './native/identity.ts';
import { boxOf } from './native/spec.ts';

interface Ran {
  readonly exit: BoxExit;
  readonly lines: readonly string[];
}

// The second time with upper folders in memory, as those of roots there.
const places = identityNames.flatMap((name) => [[name, 'on disk'] as const, [name, 'in memory'] as const]);

for (const [name, place] of places) {
  const describeThere = place === 'in memory' ? describeInMemory : describe;
  describeThere(`layers merged ${place} for ${name}`, () => {
    let who: Identity;
    let folder: string;
    const layer = (upper: string, ...lowers: string[]): OverlayFolders => ({
      upper: join(folder, upper),
      work: join(folder, `${upper}.work`),
      lowers: lowers.map((lower) => join(folder, lower)),
    });
    const run = (script: string, overlay: OverlayFolders, readOnly = false) => {
      const map = [{ inside: 0, outside: 1000000, count: 65536 }];
      const idMap = name === 'real root' ? { idMap: { uid: map, gid: map } } : {};
      const mounts = [{ kind: 'overlay', target: '/merged', overlay, readOnly } as const];
      return who.ask<Ran>({ action: 'run', spec: boxOf(script, { mounts, ...idMap }) });
    };

    beforeAll(() => {
      who = makeIdentity(name);
    });
    afterAll(() => who.remove());
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    beforeEach(() => {
      folder = mkdtempSync(join(place === 'on disk' ? who.home : '/dev/shm', 'layers-'));
      for (const part of ['base/gone', 'first', 'first.work', 'second', 'second.work']) {
        mkdirSync(join(folder, part), { recursive: true });
      }
      writeFileSync(join(folder, 'base/one'), 'below\n');
      writeFileSync(join(folder, 'base/gone/file'), '');
      writeFileSync(join(folder, 'base/two'), '');
      const owner = name === 'real root' ? '1000000:1000000' : `${who.uid}:${who.uid}`;
      execFileSync('chown', ['-hR', owner, folder]);
    });

    test('changes go to the upper folder alone', async () => {
      const { exit } = await run('echo above > /merged/new; echo more >> /merged/one', layer('first', 'base'));
      expect(exit.status).toBe(0);
      expect(readdirSync(join(folder, 'base')).sort()).toEqual(['gone', 'one', 'two']);
      expect(readFileSync(join(folder, 'base/one'), 'utf8')).toBe('below\n');
      expect(existsSync(join(folder, 'first/new'))).toBe(true);
    });

    test('what one layer removes and makes anew is so in the layer above', async () => {
      await run('rm -r /merged/gone /merged/two; mkdir /merged/gone', layer('first', 'base'));
      const { lines } = await run('ls /merged /merged/gone', layer('second', 'first', 'base'));
      expect(lines).toEqual(['/merged:', 'gone', 'one', '', '/merged/gone:']);
    });

    test('owners, set-user-id bits and capabilities survive', async () => {
      const script = `cd /merged; chown 8:42 one; chmod 4755 one; cp /bin/true two; setcap cap_net_raw+ep two`;
      await run(script, layer('first', 'base'));
      const { lines } = await run(
        'cd /merged; stat -c "%u:%g %a" one; getcap two',
        layer('second', 'first', 'base'),
        true,
      );
      expect(lines).toEqual(['8:42 4755', 'two cap_net_raw=ep']);
    });

    test('a tree that is for reading cannot be changed', async () => {
      const { lines } = await run('echo x > /merged/new', layer('first', 'base'), true);
      expect(lines.join()).toContain('Read-only file system');
    });

    test('a folder that is not there is named', async () => {
      await expect(run('true', layer('first', 'nosuch'))).rejects.toThrow(/box-failed: .*layers-\w+\/nosuch/);
    });
  });
}
