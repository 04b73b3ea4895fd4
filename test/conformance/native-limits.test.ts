// Scripts that take more than they may: time, memory, processes, disk, rights. Each ends with its cause told, nothing of it stays,
// and the host does not notice. As real root by control groups; as an ordinary user what cannot be enforced is said.

import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BoxExit } from '../../native/index.ts';
import { describeIdentities, type Identity, makeIdentity, processesWith } from './native/identity.ts';
import { boxOf, type DriverSpec } from './native/spec.ts';

interface Ran {
  readonly exit: BoxExit;
  readonly lines: readonly string[];
}

const uniqueSleep = () => `sleep 8${randomInt(1e8, 1e9)}`;

/** Folders of control groups that boxes have left. */
function groupsLeft(): string[] {
  const found = execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `cooper-box-*`], { encoding: 'utf8' });
  return found.split('\n').filter((path) => path !== '' && !existsSync(`/proc/${/cooper-box-(\d+)/.exec(path)?.[1]}`));
}

describeIdentities('a box of %s', (name) => {
  const isRoot = name === 'real root';
  // Ordinary users have no such limits, or another who could mount: docs/limits.md, 4.
  const testAsRoot = isRoot ? test : () => undefined;
  let who: Identity;
  const run = (script: string, more: Partial<DriverSpec> = {}) =>
    who.ask<Ran>({ action: 'run', spec: boxOf(script, { timeLimit: 60, ...more }) });

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  test('whose time is over tells its tree of processes and leaves none', async () => {
    const sleep = uniqueSleep();
    const script = `(trap "" TERM; sh -c '${sleep} & wait' hanging & wait) & setsid ${sleep} & wait`;
    const { exit } = await run(script, { timeLimit: 2 });
    expect(exit).toMatchObject({ status: 137, timedOut: true });
    const depth = (text: string) => exit.processes.find((line) => line.trim().startsWith(text))?.search(/\S/);
    expect(depth('bash -c')).toBe(0);
    expect(depth(`sh -c ${sleep}`)).toBe(4);
    expect(
      exit.processes
        .filter((line) => line.trim() === sleep)
        .map((line) => line.search(/\S/))
        .sort(),
    ).toEqual([2, 6]);
    expect(processesWith(sleep)).toEqual([]);
  });

  test('tells no tree when it ends in time, and no control character of a name', async () => {
    expect((await run('true', { timeLimit: 30 })).exit.processes).toEqual([]);
    const sleep = uniqueSleep();
    const { exit } = await run(`exec -a $'a\\tb\\nexit\\t0' ${sleep}`, { timeLimit: 1 });
    expect(exit.timedOut).toBe(true);
    expect(exit.processes).toEqual([`a b exit 0 ${sleep.slice('sleep '.length)}`]);
  });

  test('that takes too much memory is stopped, or is told to have no limit', async () => {
    const script = `python3 -c 'x = bytearray(200 * 2**20); print("had it")'`;
    const { exit, lines } = await run(script, { limits: { memoryBytes: 64 * 2 ** 20 } });
    if (isRoot) {
      expect(exit.exceeded).toEqual(['memory']);
      expect(exit.status).not.toBe(0);
      expect(exit.shortfalls).toEqual([]);
    } else if (exit.shortfalls.length > 0) {
      expect(lines).toEqual(['had it']);
      expect(exit.shortfalls[0]?.reason).toMatch(/^not enforced: /);
    }
  });

  testAsRoot('counts what it puts into a tmpfs as memory', async () => {
    const { exit } = await run('head -c 100M /dev/zero > /tmp/full', { limits: { memoryBytes: 48 * 2 ** 20 } });
    expect(exit.exceeded).toEqual(['memory']);
    expect(exit.status).not.toBe(0);
  });

  test('that forks without end is held at its limit', async () => {
    const sleep = uniqueSleep();
    // dash gives up at once, where bash tries again for fifteen seconds.
    const script = `exec dash -c 'for i in $(seq 80); do ${sleep} & done; pgrep -fc "^${sleep}$"; exit 3' 2>/dev/null`;
    const { exit, lines } = await run(script, { limits: { pids: 30 } });
    expect(exit.status).not.toBe(0);
    if (lines.length > 0) expect(Number(lines.at(-1))).toBeLessThanOrEqual(30);
    if (isRoot) expect(exit.exceeded).toEqual(['pids']);
    else if (exit.shortfalls.length > 0) expect(exit.shortfalls[0]?.reason).toMatch(/^counted for each user id/);
    expect(processesWith(sleep)).toEqual([]);
  });

  test('within its limits notices nothing of them, and no control group stays', async () => {
    const { exit, lines } = await run('cat /proc/self/cgroup | cut -d: -f3 | sort -u', {
      limits: { memoryBytes: 2 ** 30, pids: 200, disk: { path: '/', reserveBytes: 1 } },
    });
    expect(exit).toMatchObject({ status: 0, exceeded: [] });
    expect(lines).toEqual(['/']);
    expect(groupsLeft()).toEqual([]);
  });

  testAsRoot('leaves no control group that the next run does not remove when its starter is killed', async () => {
    const spec = boxOf('echo started; sleep 1000', { limits: { pids: 20, memoryBytes: 2 ** 28 } });
    const { child } = who.start({ action: 'stay', spec });
    child.stdout?.once('data', () => child.kill('SIGKILL'));
    await new Promise((resolve) => child.once('close', resolve));
    await run('true', { limits: { pids: 20, memoryBytes: 2 ** 28 } });
    expect(groupsLeft()).toEqual([]);
  });

  testAsRoot('that fills the disk is ended before it is full', async () => {
    const disk = join(who.home, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=777', 'tmpfs', disk]);
    try {
      const bind = { kind: 'bind', source: disk, target: '/disk', readOnly: false } as const;
      const fill = (script: string) =>
        run(script, { mounts: [bind], limits: { disk: { path: disk, reserveBytes: 48 * 2 ** 20 } } });
      const { exit } = await fill('for i in {1..60}; do head -c 1M /dev/zero > /disk/$i; sleep 0.1; done');
      expect(exit).toMatchObject({ status: 137, exceeded: ['disk'], timedOut: false });
      // Too fast for the watch.
      const { exit: fast } = await fill('head -c 50M /dev/zero > /disk/fast');
      expect(fast.exceeded).toEqual(['disk']);
      expect(fast.status).not.toBe(0);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test('leaves no daemon, however it has gone into the background', async () => {
    const sleep = uniqueSleep();
    const script = `
      python3 -c '
import os, sys
if os.fork(): sys.exit()
os.setsid()
if os.fork(): os._exit(0)
os.chdir("/"); os.closerange(0, 64)
os.execvp("sleep", "${sleep}".split())'
      until pgrep -f '^${sleep}$' >/dev/null; do :; done; echo up`;
    expect((await run(script)).lines).toEqual(['up']);
    expect(processesWith(sleep)).toEqual([]);
  });

  test('gives a set-uid program no more than the rights of its own root', async () => {
    const before = readFileSync('/proc/sys/kernel/hostname', 'utf8');
    const root = join(who.home, 'root');
    mkdirSync(root);
    execFileSync('chown', [isRoot ? '100000:100000' : `${who.uid}:${who.uid}`, root]);
    const map = [{ inside: 0, outside: 100000, count: 65536 }];
    const script = `
      cp /usr/bin/python3 /tmp/py; chmod 4755 /tmp/py; cp -p /tmp/py /py
      setpriv --reuid 1000 --regid 1000 --clear-groups /tmp/py -c 'import os; os.setuid(0)' 2>&1 | grep -o 'Errno 1'
      setpriv --reuid 1000 --regid 1000 --clear-groups /py -c '
import os
os.setuid(0)
print("root inside", os.getuid())
for path in ("/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/usr/bin/planted"):
    try: open(path, "w"); print("wrote", path)
    except OSError: pass
for call in (lambda: os.mknod("/tmp/disk", 0o060666, os.makedev(8, 0)), lambda: os.chroot("/proc/1/root")):
    try: call(); print("done")
    except OSError: pass
'; mount -t tmpfs none /tmp 2>/dev/null || echo no mount
    `;
    const { lines } = await run(script, { root, ...(isRoot ? { idMap: { uid: map, gid: map } } : {}) });
    expect(lines).toEqual(['Errno 1', 'root inside 0', 'no mount']);
    expect(readFileSync('/proc/sys/kernel/hostname', 'utf8')).toBe(before);
    expect(readdirSync('/usr/bin')).not.toContain('planted');
  });
});
