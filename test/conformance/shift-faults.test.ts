// A tree that is being moved to a map that overlaps the old one: killed or failing at many system calls, then run again.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeSpecialTree, portrait } from '../client/shift-tree.ts';
import { cooper, execute, program } from '../e2e/cooper.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const maps = ['--from', 'b:0:100000:65536', '--to', 'b:0:100001:65536'];

describeAsRoot('a tree on the way between overlapping maps', () => {
  let folder: string;
  let tree: string;
  let before: string;
  let wanted: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cooper-shift-faults-'));
    tree = join(folder, 'rootfs');
    mkdirSync(join(folder, 'original'));
    await makeSpecialTree(join(folder, 'original'), 100_000);
    anew();
    before = portrait(tree);
    expect(await shift()).toMatchObject({ status: 0 });
    wanted = portrait(tree);
    expect(wanted).not.toBe(before);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const shift = () => cooper(['shift', tree, ...maps]);
  const anew = () => {
    rmSync(tree, { recursive: true, force: true });
    execFileSync('cp', ['-a', '--preserve=all', join(folder, 'original'), tree]);
  };
  /** Under strace, which disturbs the n-th such call of a process. */
  const disturbed = (calls: string, effect: string, at: number) =>
    execute('strace', [
      ...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:${effect}:when=${at}`],
      ...[process.execPath, program, 'shift', tree, ...maps],
    ]);

  it('is where it should be after a kill at any change of it and another run', async () => {
    const reached = new Set<string>();
    const points = {
      fchownat: [1, 5, 9, 13],
      setxattr: [1, 3],
      rename: [1],
      unlink: [1],
      syncfs: [1],
      fsync: [1, 2, 3],
    };
    for (const [calls, counts] of Object.entries(points)) {
      for (const at of counts) {
        anew();
        const killed = await disturbed(calls, 'signal=SIGKILL', at);
        reached.add(portrait(tree).replace(/^[\s\S]*?\t/, ''));
        // Also a run that was not met, or only when all was done, is run again: nobody can tell from its end.
        expect(await shift(), `${calls} ${at}: ${killed.stderr}`).toMatchObject({ status: 0 });
        expect(portrait(tree), `${calls} ${at}`).toBe(wanted);
        expect(readdirSync(tree).filter((name) => name.startsWith('.cooper'))).toEqual([]);
      }
    }
    // Kills have left it in more states than the first and the last.
    expect(reached.size).toBeGreaterThan(5);
  });

  it.each([
    ['fchownat', 'EIO', 6],
    ['fchownat', 'EPERM', 1],
    ['setxattr', 'ENOSPC', 2],
    ['syncfs', 'EIO', 1],
  ])('tells that %s failed with %s, and goes on when it is run again', async (calls, error, at) => {
    anew();
    const failed = await disturbed(calls, `error=${error}`, at);
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(new RegExp(`could not be changed: ${error}.*\\[shift-stopped\\]`));
    const again = await shift();
    expect(again).toMatchObject({ status: 0 });
    expect(portrait(tree)).toBe(wanted);
  });

  it('is finished under another name, and refused for other maps until then', async () => {
    anew();
    await disturbed('fchownat', 'signal=SIGKILL', 7);
    const moved = join(folder, 'moved');
    renameSync(tree, moved);
    try {
      const back = await cooper(['shift', moved, '--from', 'b:0:100001:65536', '--to', 'b:0:100000:65536']);
      expect(back).toMatchObject({ status: 1 });
      expect(back.stderr).toContain('[shift-unfinished]');
      const next = /next: Finish that first: cooper (shift .*)/.exec(back.stderr)?.[1]?.split(' ') ?? [];
      expect(await cooper(next)).toMatchObject({ status: 0 });
      expect(portrait(moved)).toBe(wanted);
    } finally {
      rmSync(moved, { recursive: true });
    }
  });

  it('leaves a file alone that came meanwhile, and is finished once that is away', async () => {
    anew();
    await disturbed('fchownat', 'signal=SIGKILL', 7);
    const late = join(tree, 'home/late');
    writeFileSync(late, 'late');
    const refused = await shift();
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('[shift-tree-changed]');
    expect(refused.stderr).toContain('| home/late');
    cpSync(late, join(folder, 'late'));
    rmSync(late);
    execFileSync('touch', ['-d', '@1700000000.000000123', join(tree, 'home')]);
    expect(await shift()).toMatchObject({ status: 0 });
    expect(portrait(tree)).toBe(wanted);
  });
});
