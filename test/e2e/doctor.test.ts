// `cooper doctor` on this machine, beside what tools of the system say, and with faults made for one process alone.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../native/package-root.ts';
import { makeOrdinaryUser, type OrdinaryUser, type UserRun } from '../client/ordinary-user.ts';
import { describeAsRoot, testAsRoot } from '../setup/as-root.ts';
import { cooper, execute, type Outcome, program } from './cooper.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly code?: string;
  readonly seen: string;
  readonly fix?: string;
}

/** The findings of `doctor --json`, by check, and by code where there is one. */
function findingsOf({ status, stdout, stderr }: Outcome): (name: string) => Finding | undefined {
  const document = JSON.parse(stdout) as { level: string; findings: readonly Finding[] };
  expect(stderr).toBe('');
  expect(status).toBe(document.level === 'fail' ? 1 : 0);
  return (name) => document.findings.find(({ check, code }) => check === name || code === name);
}

test('what can be made here is what unshare and newuidmap can make', async () => {
  const found = findingsOf(await cooper(['doctor', '--offline', '--json']));
  const { status } = await execute('unshare', ['-U', 'true']);
  expect(found('user-namespaces')?.level).toBe(status === 0 ? 'ok' : 'fail');
  const version = await execute('lxc-start', ['--version']);
  expect(found('lxc')?.seen).toBe(`LXC ${version.stdout.trim()}`);
});

test('text off a terminal has no colour, fits 80 columns, and says what to do', async () => {
  const folder = mkdtempSync('/var/tmp/cooper-doctor-');
  try {
    writeFileSync(join(folder, 'format'), '99\n');
    const { status, stdout } = await cooper(['doctor', '--offline', '--home', folder]);
    expect(status).toBe(1);
    expect(stdout).toContain('[home-too-new]');
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n').filter((line) => line.length > 80 && !/^ +\S+$/.test(line))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describeAsRoot('for an ordinary user', () => {
  let user: OrdinaryUser;
  beforeAll(() => {
    user = makeOrdinaryUser();
    user.write('.config/lxc/default.conf', 'lxc.net.0.type = empty\n');
  });
  afterAll(() => user.remove());

  const doctor = async (surroundings: UserRun = {}, wrap: readonly string[] = [], ...words: readonly string[]) => {
    const command = [...wrap, join(user.checkout, 'bin/cooper'), 'doctor', '--json', '--offline', ...words];
    return findingsOf(await user.run(command, surroundings));
  };

  test('the host is in order, as unshare with the whole map agrees', async () => {
    const found = await doctor();
    const peer = await user.run(['unshare', '--user', '--map-root-user', '--map-auto', 'true']);
    expect(peer, peer.stderr).toMatchObject({ status: 0 });
    for (const check of ['user-namespaces', 'newuidmap', 'subordinate-ids', 'kernel', 'containers-folder', 'network']) {
      expect(found(check), JSON.stringify(found(check))).toMatchObject({ level: 'ok' });
    }
    expect(found('subordinate-ids')?.seen).toContain(`${user.subuid}-${user.subuid + 65_535}`);
  });

  test('a kernel that forbids user namespaces, which unshare is refused too', async () => {
    const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const closed = ['unshare', '--user', '--map-current-user', '--keep-caps', 'sh', '-ec', forbid, 'sh'];
    const peer = await user.run([...closed, 'unshare', '-U', 'true']);
    expect(peer.status).not.toBe(0);
    expect((await doctor({}, closed))('user-namespaces')).toMatchObject({
      level: 'fail',
      code: 'no-user-namespaces',
      fix: expect.stringContaining('user.max_user_namespaces='),
    });
  });

  test('no newuidmap, and a newgidmap without its set-uid bit', async () => {
    const hide = 'mount --bind /dev/null "$(command -v newuidmap)"';
    const copy = 'cp "$(command -v newgidmap)" "$1.copy"; mount --bind "$1.copy" "$(command -v newgidmap)"';
    const found = await doctor({ before: `${hide}; ${copy}` });
    expect(found('no-newuidmap')).toMatchObject({ level: 'fail', fix: 'As root: apt-get install uidmap' });
    expect(found('newuidmap-powerless')?.fix).toContain('chmod u+s /usr/bin/newgidmap');
    expect(found('user-namespaces')).toMatchObject({ level: 'ok' });
  });

  test('a home folder that others may not enter, and a bridge that lxc-usernet does not give', async () => {
    chmodSync(user.home, 0o700);
    user.write('.config/lxc/default.conf', 'lxc.net.0.type = veth\nlxc.net.0.link = lo\n');
    const found = await doctor();
    const fix = found('folder-closed')?.fix ?? 'false';
    expect(fix).toBe(`chmod o+x ${user.home}`);
    await user.run(['sh', '-c', fix]);
    expect(await execute('setpriv', ['--reuid=65534', '--clear-groups', 'test', '-x', user.home])).toMatchObject({
      status: 0,
    });
    expect(found('link-refused')?.fix).toMatch(/^As root: echo "\S+ veth lo 10" >> \/etc\/lxc\/lxc-usernet$/);
  });

  test('containers on a small tmpfs where nothing can be run', async () => {
    const options = 'mode=1777,noexec,nosuid,size=1m,nr_inodes=50';
    const before = `mkdir -p "$1.tmpfs"; mount -t tmpfs -o ${options} tmpfs "$1.tmpfs"`;
    const found = await doctor({ before }, [], '--path', `${user.checkout}.tmpfs/containers`);
    for (const code of ['mounted-noexec', 'mounted-nosuid', 'space-out', 'inodes-low']) {
      expect(found(code)).toMatchObject({ check: 'containers-folder' });
    }
  });
});

testAsRoot('a checkout in which nothing is compiled is told what to do', async () => {
  const hide = 'mount -t tmpfs none "$0" && exec "$@"';
  const words = [
    '--mount',
    'sh',
    '-ec',
    hide,
    join(packageRoot, 'native/bin'),
    program,
    'doctor',
    '--offline',
    '--json',
  ];
  const found = findingsOf(await execute('unshare', words));
  expect(found('not-compiled')).toMatchObject({
    check: 'engines',
    level: 'fail',
    fix: expect.stringContaining('npm run build'),
  });
  expect(found('xz-slow')?.seen).toMatch(/^xz: lzma-native/);
  expect(found('zstd-missing')).toMatchObject({ level: 'warn' });
});

/** A server that says it is that many seconds later than it is. */
async function serverAhead(seconds: number): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((_, response) => {
    response.setHeader('date', new Date(Date.now() + seconds * 1000).toUTCString());
    response.statusCode = 404;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test('a remote that does not answer, and one whose clock is another', async () => {
  const home = mkdtempSync('/var/tmp/cooper-doctor-');
  const { server, url } = await serverAhead(1000);
  const closed = await serverAhead(0);
  await new Promise((resolve) => closed.server.close(resolve));
  const remotes = { up: { servers: [url, closed.url] }, gone: { servers: [closed.url] } };
  writeFileSync(join(home, 'remotes.json'), JSON.stringify({ schemaVersion: 1, kind: 'cooper.remotes', remotes }));
  try {
    const found = findingsOf(await cooper(['--home', home, 'doctor', '--json']));
    expect(found('mirror-unreachable')?.seen).toContain(closed.url);
    expect(found('clock-off')?.seen).toContain('17 minutes behind');
    expect(found('server-unreachable')).toMatchObject({ check: 'remotes', level: 'fail' });
  } finally {
    server.close();
    rmSync(home, { recursive: true });
  }
});
