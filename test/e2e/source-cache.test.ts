// What builds keep of their sources, and `cooper cache`: told, left to a build that is under way, removed, and made again.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson, program } from './cooper.ts';
import { writeDefinition } from './seed-definitions.ts';

const busybox = fileURLToPath(
  new URL('../../node_modules/.cache/cooper-programs/busybox-static/bin/busybox', import.meta.url),
);

interface Kind {
  readonly kind: string;
  readonly files: number;
  readonly bytes: number;
  readonly used: string | null;
}

interface Pruned {
  readonly sources: { readonly removed: readonly Kind[]; readonly inUse: readonly Kind[] };
}

describeAsRoot('cooper cache and a folder that is built from', () => {
  let building: ChildProcess | undefined;
  const folder = mkdtempSync('/var/tmp/cooper-source-cache-');
  const home = ['--home', join(folder, 'home')];
  const definitions = join(folder, 'definitions');
  const tree = join(folder, 'tree');
  const words = ['--definitions', definitions, '--boot-gate', 'never', '--allow', `bind=${tree}`, 'folder/one'];
  const archives = () =>
    readdirSync(join(folder, 'home/cache/private/packages/v1/sha256'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\/[0-9a-f]{64}$/.test(name),
    );
  const sourcesOf = async () =>
    (await cooperJson<{ sources: { kinds: readonly Kind[] } }>([...home, 'cache', 'info'])).sources.kinds;
  const prune = () => cooperJson<Pruned>([...home, 'cache', 'prune', '--sources', '--to', '0']);

  beforeAll(() => {
    for (const each of ['bin', 'etc', 'root', 'tmp']) mkdirSync(join(tree, each), { recursive: true });
    const script = `cp "$1" bin/busybox; ln -s busybox bin/sh; chmod 1777 tmp; touch etc/hostname
      echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd; echo 'root:x:0:' >etc/group; echo 'root:*:1::::::' >etc/shadow; chmod 640 etc/shadow`;
    execFileSync('/bin/sh', ['-ec', script, 'sh', busybox], { cwd: tree });
    const waiver = ['gate: { waive: [{ rule: no-init, reason: For cooper run alone }] }'];
    writeDefinition(definitions, 'folder', ['kind: directory', `path: ${tree}`], waiver);
  });
  afterAll(() => {
    building?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** A build that stands still once it has made the archive of the folder. */
  async function halted(): Promise<{ readonly child: ChildProcess; readonly said: () => string }> {
    const child = spawn(program, [...home, 'build', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    building = child;
    let said = '';
    let halted = false;
    await new Promise<void>((resolve, reject) => {
      child.once('close', () => reject(new Error(`the build has ended: ${said}`)));
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk;
        if (halted || !said.includes('✓ index')) return;
        halted = true;
        child.kill('SIGSTOP');
        resolve();
      });
    });
    return { child, said: () => said };
  }

  test('the archive stays while the build runs, is told afterwards, and goes then', async () => {
    const { child, said } = await halted();
    expect(archives()).toHaveLength(1);
    const during = await prune();
    expect(during.sources.inUse).toMatchObject([{ kind: 'private', files: 1 }]);
    const text = await cooper([...home, 'cache', 'prune', '--sources', '--to', '0']);
    expect(text.stdout).toContain('stays, in use by a build or not to be removed by this user: archives of folders');
    expect(archives()).toHaveLength(1);
    child.kill('SIGCONT');
    const [status] = await once(child, 'close');
    expect(status, said()).toBe(0);
    const told = (await sourcesOf()).find(({ kind }) => kind === 'private');
    expect(told).toMatchObject({ files: 1, used: expect.stringMatching(/^20\d\d-/) });
    expect(told?.bytes).toBeGreaterThan(100_000);
    expect((await prune()).sources).toMatchObject({ inUse: [] });
    expect(archives()).toEqual([]);
    expect(readdirSync(join(folder, 'home/cache/private/seeds'))).toEqual([]);
  });

  test('it is made again by the next build, which finds its image unchanged', async () => {
    expect(await cooperJson([...home, 'build', ...words])).toMatchObject({ images: [{ status: 'unchanged' }] });
    expect(archives()).toHaveLength(1);
    expect(await cooperJson([...home, 'cache', 'prune'])).toMatchObject({ sources: { inUse: [] } });
    expect(archives()).toHaveLength(1);
  });
});
