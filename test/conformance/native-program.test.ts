// The program of a box may have less than the box around it: another user, tighter limits, a root that cannot be written to; and
// namespaces of the caller. As real root and as an ordinary user.

import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BoxExit } from '../../native/index.ts';
import { describeIdentities, type Identity, makeIdentity } from './native/identity.ts';
import { boxOf, type DriverSpec } from './native/spec.ts';

describeIdentities('the program of a box of %s', (name) => {
  const isRoot = name === 'real root';
  // Pipes of an ordinary user belong to an id that the box does not have.
  const testAsRoot = isRoot ? test : () => undefined;
  let who: Identity;
  const requestOf = (script: string, more: Partial<DriverSpec>) => ({ action: 'run', spec: boxOf(script, more) });
  const run = (script: string, more: Partial<DriverSpec>) =>
    who.ask<{ exit: BoxExit; lines: string[] }>(requestOf(script, more));
  const status = (field: string) => `grep ^${field} /proc/self/status | cut -f2`;

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  test('has the ids of its user and none of the capabilities of root', async () => {
    const user = { uid: 1000, gid: 100, groups: [8, 50] };
    const { lines } = await run(`id -u; id -G; ${status('CapEff')}; ${status('CapPrm')}`, { user });
    expect(lines).toEqual(['1000', '100 8 50', '0000000000000000', '0000000000000000']);
  });

  testAsRoot('can open its standard output again by name, as that user', async () => {
    expect((await run('echo x > /dev/stdout', { user: { uid: 1000, gid: 100, groups: [] } })).lines).toEqual(['x']);
  });

  test('has as that user the capabilities that were named, and passes them on', async () => {
    const user = { uid: 1000, gid: 1000, groups: [], capabilities: [0, 13] };
    const script = `dash -c 'dash -c "${status('CapEff')}"'; touch /tmp/x; chown 7 /tmp/x && stat -c %u /tmp/x`;
    expect((await run(script, { user, capabilities: [0, 5, 13] })).lines).toEqual(['0000000000002001', '7']);
  });

  test('has groups as root too', async () => {
    const { lines } = await run('id -u; id -G', { user: { uid: 0, gid: 0, groups: [8] } });
    expect(lines).toEqual(['0', '0 8']);
  });

  test('cannot be a user that is not mapped', async () => {
    const error = await who.fail(requestOf('true', { user: { uid: 70_000, gid: 0, groups: [] } }));
    expect(error.code).toBe('box-failed');
    expect(error.message).toContain('user 70000');
  });

  test('has the limits that were given, and what it starts has them', async () => {
    const rlimits = [
      { name: 'nofile', soft: 100, hard: 200 },
      { name: 'core', soft: 0, hard: 'unlimited' },
      { name: 'fsize', soft: 1024, hard: 1024 },
    ] as const;
    const script = "dash -c 'ulimit -Sn; ulimit -Hn; ulimit -Hc'; head -c 5000 /dev/zero > /tmp/x; stat -c %s /tmp/x";
    expect((await run(script, { rlimits })).lines.slice(0, 3)).toEqual(['100', '200', hardCore()]);
    expect((await run(script, { rlimits })).lines.at(-1)).toBe('1024');
  });

  test('ends by a limit that nobody could live with, and the box tells it', async () => {
    const { exit } = await run('exit 0', { rlimits: [{ name: 'as', soft: 4096, hard: 4096 }] });
    expect(exit.status).not.toBe(0);
  });

  test('gets a hard limit above that of the caller where the caller may lift it', async () => {
    const spec = boxOf('ulimit -Hn', { rlimits: [{ name: 'nofile', soft: 300, hard: 600 }] });
    const lower = ['prlimit', '--nofile=500:500'];
    const { answer } = who.start({ action: 'run', spec }, lower);
    const { value, error } = JSON.parse(await answer) as { value?: { lines: string[] }; error?: { code: string } };
    // Root of a container may lack CAP_SYS_RESOURCE.
    const mayLift =
      isRoot && spawnSync('prlimit', [...lower.slice(1), 'prlimit', '--nofile=300:600', 'true']).status === 0;
    expect(value?.lines ?? error?.code).toEqual(mayLift ? ['600'] : 'rlimit-too-high');
  });

  test('cannot write to a root that is read-only, nor to what lies below it, but to its mounts', async () => {
    const root = join(who.home, 'root');
    const below = join(root, 'below');
    execFileSync('mkdir', ['-p', ...['usr', 'bin', 'lib', 'lib64', 'sbin', 'below'].map((part) => join(root, part))]);
    execFileSync(
      'rmdir',
      ['bin', 'lib', 'lib64', 'sbin'].map((part) => join(root, part)),
    );
    if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=777', 'none', below]);
    const owner = isRoot ? 100_000 : who.uid;
    for (const path of [root, below]) chownSync(path, owner, owner);
    const map = [{ inside: 0, outside: 100_000, count: 65_536 }];
    try {
      const script = `
        for place in /new /below/new /tmp/new; do touch $place 2>/dev/null && echo "wrote $place"; done
        ls -d /made/here; mount -o remount,rw / 2>/dev/null || echo closed`;
      const { lines } = await run(script, {
        root,
        readOnlyRoot: true,
        mounts: [
          { kind: 'directory', target: '/made', mode: 0o755 },
          { kind: 'tmpfs', target: '/made/here', mode: 0o755 },
        ],
        ...(isRoot ? { idMap: { uid: map, gid: map } } : {}),
      });
      expect(lines).toEqual(['wrote /tmp/new', '/made/here', 'closed']);
    } finally {
      if (isRoot) execFileSync('umount', [below]);
    }
  });

  test.each(['cgroup', 'ipc', 'uts'] as const)(
    'has the namespace %s of the caller when that is shared',
    async (kind) => {
      const { lines } = await run('for kind in cgroup ipc uts; do readlink /proc/self/ns/$kind; done', {
        shareNamespaces: [kind],
      });
      const hosts = ['cgroup', 'ipc', 'uts'].map((each) => readlinkSync(`/proc/self/ns/${each}`));
      expect(lines.filter((line) => hosts.includes(line))).toEqual([readlinkSync(`/proc/self/ns/${kind}`)]);
    },
  );
});

/** The caller's own limit is not lifted by an ordinary user; that of the tests is the same for both. */
function hardCore(): string {
  return execFileSync('sh', ['-c', 'ulimit -Hc'], { encoding: 'utf8' }).trim();
}
