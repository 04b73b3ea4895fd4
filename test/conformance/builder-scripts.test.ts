// Scripts of a build root that misbehave: they hang, fork, fill memory or disk, make device nodes. Each ends in one error that says
// what and why. The root is a small one with programs of the host; real root, because it lies on a file system of its own.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuildRoot, runReported } from '../../builder/buildroot/box-of-root.ts';
import { type BoxLimits, buildIdMap, lgetxattr } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const programs = ['sh', 'sleep', 'head', 'cat', 'mknod', 'chmod', 'rm', 'ls', 'true', 'test'];

function copyWithLibraries(root: string, program: string): void {
  const path = execFileSync('sh', ['-c', `command -v /usr/bin/${program}`], { encoding: 'utf8' }).trim();
  const libraries = execFileSync('ldd', [path], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const file of [path, ...libraries]) {
    const target = join(root, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(file), target);
    chmodSync(target, 0o755);
  }
}

describeAsRoot('a script of a build root', () => {
  let folder: string;
  let root: BuildRoot;
  const notices: string[] = [];
  const report = {
    progress: () => undefined,
    output: () => undefined,
    notice: (message: string) => notices.push(message),
    addCpu: () => undefined,
  };
  const run = (script: string, more: { timeLimit?: number; limits?: BoxLimits } = {}) =>
    runReported(root, { argv: ['/usr/bin/sh', '-c', script], name: 'the script', ...more }, report);

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-scripts-');
    const idMap = await buildIdMap();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=755', 'tmpfs', folder]);
    for (const program of programs) copyWithLibraries(folder, program);
    const base = idMap.uid[0]?.outside ?? 0;
    execFileSync('chown', ['-R', `${base}:${base}`, folder]);
    root = { path: folder, idMap, epoch: 1 };
  });
  afterAll(() => {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  it('that hangs is told with what it waits for', async () => {
    const exit = await run('echo begun; sh -c "sleep 7777; true"; true', { timeLimit: 2 });
    expect(exit.timedOut).toBe(true);
    expect(exit.lines).toEqual([
      'begun',
      'still running when the time was over:',
      '  /usr/bin/sh -c echo begun; sh -c "sleep 7777; true"; true',
      '    sh -c sleep 7777; true',
      '      sleep 7777',
    ]);
  });

  it('that fills the disk is stopped before the disk is full', async () => {
    const filling = run('i=0; while :; do head -c 1M /dev/zero > /fill$i || exit 1; i=$((i + 1)); sleep 0.02; done');
    await expect(filling).rejects.toMatchObject({
      code: 'no-space',
      message: 'the script left less than 64 MiB of the disk free',
    });
    await run('rm -f /fill*');
  });

  it('that forks without end meets its limit', async () => {
    const script = 'i=0; while [ $i -lt 60 ]; do sleep 100 & i=$((i + 1)); done; exit 0';
    await expect(run(script, { limits: { pids: 30 } })).rejects.toMatchObject({
      code: 'script-over-limit',
      message: 'the script started more than its 30 processes',
    });
  });

  it('that takes too much memory meets its limit', async () => {
    const script = 'head -c 60M /dev/zero > /tmp/memory';
    await expect(run(script, { limits: { memoryBytes: 32 * 2 ** 20 } })).rejects.toMatchObject({
      code: 'script-over-limit',
      message: 'the script needed more than its 32 MiB of memory',
    });
  });

  it('that makes device nodes leaves marked files, on the /dev of the box too', async () => {
    const exit = await run(
      'mknod -m 660 /disk b 8 1 && mknod -m 620 /dev/ttyS0 c 4 64 && mknod /null c 1 3 && test -c /null',
    );
    expect(exit).toMatchObject({ status: 0, lines: [] });
    const mark = (path: string) => lgetxattr(join(folder, path), 'user.cooper.node').toString();
    expect(['disk', 'dev/ttyS0', 'null'].map(mark)).toEqual(['b 8 1', 'c 4 64', 'c 1 3']);
  });

  it('is told nothing of limits that hold', () => {
    expect(notices).toEqual([]);
  });
});
