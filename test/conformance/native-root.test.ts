// Roots that are made to lead mounts out of the box: links in them are refused, and the host stays out of reach. Ordinary roots,
// and the links of an empty root, keep working.

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { BoxExit, BoxMount } from '../../native/index.ts';
import { type Answer, describeIdentities, type Identity, makeIdentity } from './native/identity.ts';
import { boxOf } from './native/spec.ts';

interface Ran {
  readonly exit: BoxExit;
  readonly lines: readonly string[];
}

/** What a container and a build root get. */
const usual: readonly BoxMount[] = [
  { kind: 'sysfs', target: '/sys' },
  { kind: 'tmpfs', target: '/run', mode: 0o755 },
];

/** renameat2(2) with RENAME_EXCHANGE: at no time is either of the two missing. */
const swapForEver = `
import ctypes, os, sys
libc = ctypes.CDLL(None)
a, b = map(os.fsencode, sys.argv[1:])
print("ready", flush=True)
while libc.renameat2(-100, a, -100, b, 2) == 0: pass
`;

describeIdentities('a root given to %s', (name) => {
  let who: Identity;
  let root: string;
  let source: string;
  let marker: string;
  const request = (script: string, mounts: readonly BoxMount[] = usual) => {
    const owner = name === 'real root' ? '1000000:1000000' : `${who.uid}:${who.uid}`;
    execFileSync('chown', ['-hR', owner, root]);
    const map = [{ inside: 0, outside: 1000000, count: 65536 }];
    const idMap = name === 'real root' ? { idMap: { uid: map, gid: map } } : {};
    return { action: 'run', spec: boxOf(script, { root, mounts, ...idMap }) };
  };

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());
  beforeEach(() => {
    root = join(who.home, 'root');
    source = join(who.home, 'source');
    marker = `made-by-a-box-${randomBytes(6).toString('hex')}`;
    mkdirSync(root);
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'bound\n');
    execFileSync('chmod', ['755', who.home]);
    execFileSync('chown', ['-R', `${who.uid}:${who.uid}`, source]);
  });
  afterEach(() => {
    expect(existsSync(`/${marker}`)).toBe(false);
    expect(existsSync(join(who.home, marker))).toBe(false);
    rmSync(root, { recursive: true });
    rmSync(source, { recursive: true });
  });

  const planted: readonly (readonly [string, string])[] = [
    ['tmp', '..'],
    ['tmp', '../../../..'],
    ['tmp', '/'],
    ['run', '../../..'],
    ['run', '/..'],
    ['dev', '/proc/self/root'],
    ['dev', '/../dev'],
    ['proc', '..'],
    ['sys', '/proc/1/root/..'],
  ];
  test.each(planted)('is refused when its /%s is a link to %s', async (folder, to) => {
    symlinkSync(to, join(root, folder));
    const error = await who.fail(request('ls -A /..'));
    expect(error).toMatchObject({ name: 'CooperError', code: 'box-failed' });
    expect(error.message).toContain(`/${folder} in the root of the box is a symbolic link`);
  });

  const led: readonly (readonly [string, (target: string) => BoxMount])[] = [
    ['a bind', (target) => ({ kind: 'bind', source, target, readOnly: false })],
    ['a tmpfs', (target) => ({ kind: 'tmpfs', target, mode: 0o755 })],
    ['a folder', (target) => ({ kind: 'directory', target, mode: 0o755 })],
    ['a link', (target) => ({ kind: 'symlink', target, to: 'x' })],
  ];
  test.each(led)('is refused when a link lies above the place of %s', async (_, mountAt) => {
    mkdirSync(join(root, 'data'));
    symlinkSync('../..', join(root, 'data', 'a'));
    const error = await who.fail(request('ls -A /..', [mountAt(`/data/a/${marker}`)]));
    expect(error.code).toBe('box-failed');
    expect(error.message).toContain('/data/a in the root of the box is a symbolic link');
  });

  test('is refused when a link lies where a file is to be bound', async () => {
    symlinkSync(`../../${marker}`, join(root, 'file'));
    const bind: BoxMount = { kind: 'bind', source: join(source, 'file'), target: '/file', readOnly: true };
    expect((await who.fail(request('true', [bind]))).message).toContain('/file in the root of the box');
  });

  test('that is changed while its mounts are made gives no way out', async () => {
    mkdirSync(join(root, 'tmp'));
    symlinkSync('..', join(root, 'link'));
    const box = request(
      `test "$(stat -c '%d %i' /)" = "$(stat -c '%d %i' /..)" && test ! -e /..${source} && echo closed`,
    );
    const swapper = spawn('python3', ['-c', swapForEver, join(root, 'tmp'), join(root, 'link')]);
    try {
      await once(swapper.stdout, 'data');
      for (let i = 0; i < 15; i++) {
        const { value, error } = JSON.parse(await who.start(box).answer) as Answer<Ran>;
        if (error === undefined) expect(value.lines).toEqual(['closed']);
        else expect(error.code).toBe('box-failed');
      }
      expect(swapper.exitCode).toBeNull();
    } finally {
      swapper.kill('SIGKILL');
      await once(swapper, 'close');
    }
  });

  test('keeps places that climb with dots inside', async () => {
    const bind: BoxMount = { kind: 'bind', source, target: `/../a/../../${marker}`, readOnly: true };
    expect((await who.ask<Ran>(request(`cat /${marker}/file`, [bind]))).lines).toEqual(['bound']);
    expect(existsSync(join(root, marker))).toBe(true);
  });

  test('cannot be covered itself', async () => {
    const error = await who.fail(request('true', [{ kind: 'tmpfs', target: '/.', mode: 0o755 }]));
    expect(error.message).toContain('EBUSY');
  });

  test('that is ordinary has all its mounts and nothing above it', async () => {
    const script = `
      for name in proc dev sys run tmp dev/pts dev/shm proc/sys; do findmnt -rno TARGET /$name; done
      test "$(stat -c '%d %i' /)" = "$(stat -c '%d %i' /..)" && cd / && test "$(ls -A /../..)" = "$(ls -A)" && echo top
      test -e ${who.home}/source || echo apart
    `;
    const { lines } = await who.ask<Ran>(request(script));
    const mounted = ['/proc', '/dev', '/sys', '/run', '/tmp', '/dev/pts', '/dev/shm', '/proc/sys'];
    expect(lines).toEqual([...mounted, 'top', 'apart']);
  });
});

describeIdentities('an empty root of %s', (name) => {
  let who: Identity;
  const run = (script: string, mounts: readonly BoxMount[]) =>
    who.ask<Ran>({ action: 'run', spec: boxOf(script, { mounts }) });

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  const links: readonly (readonly [string, string])[] = [
    ['an absolute link', '/deep/er'],
    ['a relative link', 'deep/er'],
    ['a link that climbs above the root', '../../../deep/../deep/er'],
    ['a link through the folder of another', 'over/er'],
  ];
  test.each(links)('takes binds below %s of the plan, inside', async (_, to) => {
    const mounts: readonly BoxMount[] = [
      { kind: 'symlink', target: '/over', to: 'deep' },
      { kind: 'symlink', target: '/link', to },
      { kind: 'bind', source: '/usr/bin', target: '/link/bin', readOnly: true },
    ];
    const script = 'findmnt -rno TARGET -R / | grep bin; cd ..; ls -d /home /root /etc 2>/dev/null | wc -l';
    expect((await run(script, mounts)).lines).toEqual(['/deep/er/bin', '0']);
  });

  test('refuses links that lead round in a circle', async () => {
    const mounts: readonly BoxMount[] = [
      { kind: 'symlink', target: '/a', to: 'b' },
      { kind: 'symlink', target: '/b', to: '/a' },
      { kind: 'tmpfs', target: '/a/c', mode: 0o755 },
    ];
    const error = await who.fail({ action: 'run', spec: boxOf('true', { mounts }) });
    expect(error.code).toBe('box-failed');
  });
});
