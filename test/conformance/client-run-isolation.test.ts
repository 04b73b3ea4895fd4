// `cooper run` with what opens and closes a container, judged inside by the kernel and the programs of the root: as root and as an
// ordinary user, in one container each.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeOrdinaryUser, type UserRun } from '../client/ordinary-user.ts';
import { makeTree } from '../client/tree.ts';
import { cooper, type Outcome } from '../e2e/cooper.ts';

/** Whose container it is, and who runs commands in it. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** First ids of the container on the host. */
  readonly first: { readonly uid: number; readonly gid: number };
  readonly config: string;
  cooper(words: readonly string[], choice?: UserRun): Promise<Outcome>;
  remove(): void;
}

const passwd = [
  'root:x:0:0::/root:/bin/sh',
  'user:x:1000:1000::/home/user:/bin/sh',
  'far:x:70000:70000::/:/bin/sh',
  '',
];
const group = ['mail:x:8:other,user', 'user:x:1000:', 'staff:x:50:user', ''];
/** Options, and words of the refusal. */
type Refusal = readonly [readonly string[], string];

const namespaces = ['cgroup', 'ipc', 'net', 'uts'] as const;
const hostNamespace = (name: string) => readlinkSync(`/proc/self/ns/${name}`);

/** A container without an image: the small tree, a config. */
function makeContainer(folder: string, { uid, gid, first, config }: Owner): void {
  mkdirSync(folder, { recursive: true });
  const rootfs = join(folder, 'rootfs');
  makeTree(rootfs, 0);
  writeFileSync(join(rootfs, 'etc/passwd'), passwd.join('\n'));
  writeFileSync(join(rootfs, 'etc/group'), group.join('\n'));
  symlinkSync('/etc', join(rootfs, 'linked'));
  execFileSync('chown', ['-hR', `${first.uid}:${first.gid}`, rootfs]);
  lchownSync(join(rootfs, 'home/user'), first.uid + 1000, first.gid + 1000);
  writeFileSync(join(folder, 'config'), `lxc.net.0.type = empty\n${config}`, { mode: 0o640 });
  for (const path of [join(folder, 'config'), folder]) chownSync(path, uid, gid);
  chownSync(folder, first.uid, gid);
  chmodSync(folder, 0o770);
}

/** A field of /proc/self/status. */
const statusOf = (text: string, field: string) => new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(text)?.[1]?.trim();
const capabilities = (text: string, field: string) => BigInt(`0x${statusOf(text, field)}`);
const bit = (number: number) => 1n << BigInt(number);
const [chown, kill, setuid, netRaw, sysAdmin] = [bit(0), bit(5), bit(7), bit(13), bit(21)];

/** What nobody can have. */
const refusals = (folder: string): readonly Refusal[] => [
  [['--workdir', '/etc/hostname'], 'workdir-missing'],
  [['--bind', `${folder}/data:/linked/x`], 'is a symbolic link'],
  [['--user', 'far'], 'has no uid 70000'],
];

/** What an ordinary user cannot have. */
const ownRefusals = (beyond: string): readonly Refusal[] => [
  [['--bind', `${beyond}:/etc/x`], 'is out of your reach'],
  [['--rlimit', 'nofile=400:600'], 'rlimit-too-high'],
];

const asRoot = process.geteuid?.() === 0;
const title = 'a run of %s (needs root: docs/limits.md, 1)';

function rootOwner(): Owner {
  return {
    ...{ uid: 0, gid: 0, first: { uid: 0, gid: 0 }, config: '' },
    cooper: (words) => cooper(words),
    remove: () => undefined,
  };
}

function ordinaryOwner(): Owner {
  const user = makeOrdinaryUser();
  const { uid, gid, subuid, subgid } = user;
  const config = `lxc.idmap = u 0 ${subuid} 65536\nlxc.idmap = g 0 ${subgid} 65536\n`;
  return { uid, gid, first: { uid: subuid, gid: subgid }, config, cooper: user.cooper, remove: user.remove };
}

const owners = [
  ['root', rootOwner],
  ['an ordinary user', ordinaryOwner],
] as const;

describe.skipIf(!asRoot).each(owners)(title, (_, makeOwner) => {
  let folder: string;
  let owner: Owner;
  const rootfs = (path: string) => join(folder, 'c1/rootfs', path);
  const run = (options: readonly string[], script: string, choice?: UserRun) =>
    owner.cooper(['run', '--path', folder, ...options, 'c1', '--', 'sh', '-c', script], choice);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cooper-run-'));
    chmodSync(folder, 0o755);
    owner = makeOwner();
    makeContainer(join(folder, 'c1'), owner);
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/file'), 'of the host\n');
    chownSync(join(folder, 'data'), owner.first.uid, owner.first.gid);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    owner.remove();
  });

  test('by default a command is root, with the usual capabilities and every namespace of its own', async () => {
    const { stdout, stderr } = await run([], 'id; cat /proc/self/status; ls -l /proc/self/ns; ls /sys');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^uid=0\S* gid=0/);
    expect(capabilities(stdout, 'CapEff') & (chown | kill | netRaw | sysAdmin)).toBe(chown | kill);
    for (const name of namespaces) expect(stdout).not.toContain(hostNamespace(name));
    expect(stdout).toMatch(/^class$/m);
  });

  test('--user, --env, --workdir, --rlimit, --bind and --read-only hold all at once', async () => {
    const data = join(folder, 'data');
    const script = `
      id -u; id -g; id -G; pwd; echo "$HOME $USER $WORD"; ulimit -Sn; ulimit -Hn; ulimit -c
      for place in /etc/new /home/user/new /tmp/new /run/new /dev/shm/new /rw/new /ro/new; do
        touch $place 2>/dev/null && echo "wrote $place"
      done
      cat /ro/file /etc/one /proc/self/status /proc/self/mountinfo`;
    const { stdout, stderr, status } = await run(
      [
        ...['--user', 'user', '--env', 'WORD=a=b c', '--workdir', '/home/user', '--read-only'],
        ...['--rlimit', 'nofile=200:300', '--rlimit', 'core=1M', '--cap', '+net_raw'],
        ...['--bind', `${data}:/rw`, '--bind', `${data}:/ro:ro`, '--bind', `${data}/file:/etc/one:ro`],
      ],
      script,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines.slice(0, 4)).toEqual(['1000', '1000', '1000 8 50', '/home/user']);
    expect(lines.slice(4, 8)).toEqual(['/home/user user a=b c', '200', '300', '2048']);
    expect(stdout.match(/^wrote .*$/gm)).toEqual(['wrote /tmp/new', 'wrote /dev/shm/new']);
    expect(stdout.match(/^of the host$/gm)).toHaveLength(2);
    expect(capabilities(stdout, 'CapEff')).toBe(netRaw);
    expect(stdout).toMatch(/^\d+ \d+ \S+ \S+ \/ ro,/m);
    expect(stdout).toMatch(/^\d+ \d+ \S+ \S+ \/rw rw,/m);
    expect(stdout).toMatch(/^\d+ \d+ \S+ \S+ \/ro ro,/m);
  });

  test('root writes to a bind alone with --read-only; --cap and --share change what they name', async () => {
    const script =
      'touch /etc/new || touch /home/new || touch /rw/new && ls /rw; cat /proc/self/status; ls -l /proc/self/ns';
    const { stdout } = await run(
      [
        ...['--read-only', '--bind', `${join(folder, 'data')}:/rw`],
        ...['--cap', '+CAP_NET_RAW', '--cap', '-setuid', '--share', 'uts'],
      ],
      script,
    );
    expect(stdout).toMatch(/^file\nnew\n/);
    expect(capabilities(stdout, 'CapEff') & (kill | setuid | netRaw | sysAdmin)).toBe(kill | netRaw);
    for (const name of namespaces) expect(stdout.includes(hostNamespace(name))).toBe(name === 'uts');
  });

  test('--cap all, --net host and --share open what they name, and no more', async () => {
    const { stdout } = await run(
      ['--cap', 'all', '--cap', '-chown', '--net', 'host', '--share', 'ipc', '--share', 'cgroup'],
      'cat /proc/self/status; ls -l /proc/self/ns; ls /sys; touch /root/x; chown 1 /root/x && echo changed',
    );
    const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
    expect(capabilities(stdout, 'CapEff')).toBe((bit(last + 1) - 1n) & ~chown);
    for (const name of namespaces) expect(stdout.includes(hostNamespace(name))).toBe(name !== 'uts');
    for (const name of ['mnt', 'pid', 'user']) expect(stdout).not.toContain(hostNamespace(name));
    expect(stdout).not.toMatch(/^class$/m);
  });

  test('--memory kills what takes more, where a control group can be had', async () => {
    const group = join('/sys/fs/cgroup/memory', `cooper-test-${process.pid}`);
    mkdirSync(group);
    try {
      for (const path of ['.', 'cgroup.procs']) chownSync(join(group, path), owner.uid, owner.gid);
      const before = `echo $$ > ${group}/cgroup.procs`;
      const { status, stderr } = await run(['--memory', '48M'], 'cat /dev/zero > /tmp/full', { before });
      expect(status).toBe(137);
      expect(stderr).toContain('the limit of memory was met');
    } finally {
      rmdirSync(group);
    }
  });

  test('--memory is refused before anything runs where it cannot be kept', async () => {
    if (owner.uid === 0) return;
    const { status, stdout, stderr } = await run(['--memory', '48M'], 'echo ran');
    expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
    expect(stderr).toContain('memory-unlimited');
    expect(stderr).toContain('systemd-run --user --scope');
  });

  test('--pids holds what forks without end', async () => {
    const script = 'i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i+1)); echo $i; done';
    const { stdout, stderr, status } = await run(['--pids', '20'], script);
    expect(status).not.toBe(0);
    expect(stderr).toContain('Cannot fork');
    expect(Number(stdout.trim().split('\n').at(-1))).toBeLessThan(21);
    expect(stderr).toContain(owner.uid === 0 ? 'the limit of pids was met' : 'counted for each user id');
  });

  test('what cannot be had is told, and nothing runs', async () => {
    const beyond = join(folder, 'closed/inner');
    mkdirSync(beyond, { recursive: true });
    chmodSync(join(folder, 'closed'), 0o700);
    for (const [options, words] of owner.uid === 0 ? refusals(folder) : ownRefusals(beyond)) {
      const { status, stdout, stderr } = await run(options, 'echo ran', { before: 'ulimit -n 500' });
      expect(stdout, words).toBe('');
      expect(stderr).toContain(words);
      expect(status).not.toBe(0);
    }
  });

  test('a user is never found outside of the root', async () => {
    writeFileSync(join(folder, 'outside'), 'outsider:x:0:0::/root:/bin/sh\n');
    rmSync(rootfs('etc/passwd'));
    symlinkSync(`../../../../../../../..${folder}/outside`, rootfs('etc/passwd'));
    const { stdout, stderr } = await run(['--user', 'outsider'], 'echo ran');
    rmSync(rootfs('etc/passwd'));
    writeFileSync(rootfs('etc/passwd'), passwd.join('\n'));
    expect(stdout).toBe('');
    expect(stderr).toContain('user-unknown');
  });

  test('the run: block of the container holds, and options go before it', async () => {
    const block = `run:\n  user: "1000:8"\n  env: { A: file, B: file }\n  rlimits: { nofile: 100 }\n  capabilities: [none, +net_raw]\n  readOnly: true\n`;
    writeFileSync(join(folder, 'c1/cooper.yaml'), block);
    const { stdout } = await run(
      ['--env', 'B=line', '--cap', '+kill', '--no-read-only'],
      'id -u; id -G; echo $A $B; ulimit -n; touch /home/user/line && echo wrote; cat /proc/self/status',
    );
    expect(stdout.split('\n').slice(0, 5)).toEqual(['1000', '8', 'file line', '100', 'wrote']);
    expect(capabilities(stdout, 'CapEff')).toBe(netRaw | kill);
    rmSync(join(folder, 'c1/cooper.yaml'));
  });
});
