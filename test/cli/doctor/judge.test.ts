import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../cli/doctor/facts.ts';
import { judgeHost, worstLevel } from '../../../cli/doctor/judge/judge.ts';
import { debian, debianRoot, failed, faultsOf, fixOf, went } from './hosts.ts';

const refused = failed('no-user-namespaces', 'the kernel refused new namespaces: Operation not permitted');

test.each([
  ['an ordinary user', debian],
  ['root', debianRoot],
])('a host in order has no fault for %s, and tells of each check', (_, host) => {
  const findings = judgeHost(host);
  expect(faultsOf(host)).toEqual([]);
  expect(worstLevel(findings)).toBe('ok');
  expect(new Set(findings.map(({ check }) => check)).size).toBe(13);
});

describe('user namespaces', () => {
  const kernel = (sysctls: HostFacts['kernel']['sysctls'], box: HostFacts['kernel']['box'] = refused) => ({
    kernel: { ...debian.kernel, sysctls, box, overlay: undefined },
  });

  test.each([
    [
      'Ubuntu 24.04, where AppArmor restricts them',
      { 'kernel.apparmor_restrict_unprivileged_userns': 1 },
      'kernel.apparmor_restrict_unprivileged_userns=0',
    ],
    ['Debian 10, which has them off', { 'kernel.unprivileged_userns_clone': 0 }, 'kernel.unprivileged_userns_clone=1'],
    ['a host with a limit of none', { 'user.max_user_namespaces': 0 }, 'user.max_user_namespaces=28633'],
  ])('%s', (_, sysctls, fix) => {
    const host = { ...debian, ...kernel(sysctls) };
    expect(faultsOf(host)).toEqual([['user-namespaces', 'no-user-namespaces', 'fail']]);
    expect(fixOf(host, 'no-user-namespaces')).toMatch(/^As root: echo /);
    expect(fixOf(host, 'no-user-namespaces')).toContain(fix);
  });

  test('two settings that forbid them are told each', () => {
    const host = { ...debian, ...kernel({ 'user.max_user_namespaces': 0, 'kernel.unprivileged_userns_clone': 0 }) };
    expect(faultsOf(host)).toHaveLength(2);
  });

  test('a container that filters the call has no setting to change', () => {
    const host = { ...debian, ...kernel({ 'user.max_user_namespaces': 31_413 }) };
    expect(fixOf(host, 'no-user-namespaces')).toContain('seccomp');
  });

  test('a setting for ordinary users alone does not bother root, nor anybody a setting that a box has got past', () => {
    const off = { 'kernel.unprivileged_userns_clone': 0 };
    expect(faultsOf({ ...debianRoot, kernel: { ...debianRoot.kernel, sysctls: off } })).toEqual([]);
    expect(faultsOf({ ...debian, ...kernel({ 'kernel.apparmor_restrict_unprivileged_userns': 1 }, went([])) })).toEqual(
      [],
    );
  });

  test('where nothing is compiled the settings alone judge', () => {
    const uncompiled = failed('not-compiled', 'box cannot be run');
    expect(faultsOf({ ...debian, ...kernel({ 'user.max_user_namespaces': 0 }, uncompiled) })).toEqual([
      ['user-namespaces', 'no-user-namespaces', 'fail'],
    ]);
    expect(faultsOf({ ...debian, ...kernel({}, uncompiled) })).toEqual([]);
  });
});

describe('ids', () => {
  const helpers = (change: object | undefined) =>
    debian.mapPrograms.map(({ name, file }) =>
      change === undefined ? { name } : { name, file: { ...file, ...change } },
    );

  test.each([
    ['that are not installed', undefined, 'no-newuidmap'],
    ['that lost their set-uid bit', { mode: 0o755 }, 'newuidmap-powerless'],
    ['that belong to somebody else', { uid: 1000 }, 'newuidmap-powerless'],
    ['on a nosuid mount', { nosuid: true }, 'newuidmap-powerless'],
  ])('newuidmap and newgidmap %s fail a user, and are told to root', (_, change, code) => {
    const mapPrograms = helpers(change) as HostFacts['mapPrograms'];
    expect(faultsOf({ ...debian, mapPrograms })).toEqual([
      ['newuidmap', code, 'fail'],
      ['newuidmap', code, 'fail'],
    ]);
    expect(faultsOf({ ...debianRoot, mapPrograms }).map(([, , level]) => level)).toEqual(['warn', 'warn']);
  });

  test('a capability does as well as a set-uid bit', () => {
    const mapPrograms = helpers({ mode: 0o755, capable: true }) as HostFacts['mapPrograms'];
    expect(faultsOf({ ...debian, mapPrograms })).toEqual([]);
  });

  test('no_new_privs makes them powerless for a user', () => {
    const change = { kernel: { ...debian.kernel, noNewPrivileges: true } };
    expect(faultsOf({ ...debian, ...change })).toEqual([['newuidmap', 'no-new-privileges', 'fail']]);
    expect(faultsOf({ ...debianRoot, ...change })).toEqual([]);
  });

  test('too few subordinate ids are told with the command that adds some', () => {
    const plan = failed('no-subid-range', '65536 are needed', 'As root: usermod --add-subuids 100000-165535 anna');
    const host = { ...debian, plan };
    expect(faultsOf(host)).toEqual([['subordinate-ids', 'no-subid-range', 'fail']]);
    expect(fixOf(host, 'no-subid-range')).toContain('usermod --add-subuids');
    expect(fixOf({ ...debianRoot, plan }, 'no-subid-range')).toMatch(/^usermod/);
  });
});

describe('control groups', () => {
  const session = {
    folder: '/sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope',
    writable: false,
    controllers: [],
  };
  const groups = (change: Partial<HostFacts['cgroups']>): HostFacts => ({
    ...debian,
    cgroups: { ...debian.cgroups, ...change },
  });

  test('a session whose group is root’s is told of systemd-run', () => {
    const host = groups({ own: session });
    expect(faultsOf(host)).toEqual([['cgroups', 'cgroups-not-delegated', 'warn']]);
    expect(fixOf(host, 'cgroups-not-delegated')).toContain('systemd-run --user --scope -p Delegate=yes');
  });

  test('a user without a manager of systemd is told to get one', () => {
    expect(fixOf(groups({ own: session, userManager: undefined }), 'cgroups-not-delegated')).toContain(
      'enable-linger anna',
    );
  });

  test('controllers that systemd keeps are named', () => {
    const host = groups({ own: session, userManager: ['memory'] });
    expect(faultsOf(host).map(([, code]) => code)).toEqual(['cgroups-not-delegated', 'controllers-not-delegated']);
    expect(fixOf(host, 'controllers-not-delegated')).toContain('Delegate=cpu cpuset io memory pids');
    expect(faultsOf(groups({ own: { ...session, writable: true } }))).toEqual([
      ['cgroups', 'controllers-not-delegated', 'warn'],
    ]);
  });

  test.each(['v1', 'hybrid'] as const)('layout %s gives a user none, and root all', (layout) => {
    const own = { folder: '/sys/fs/cgroup/memory/user', writable: false, controllers: [] };
    expect(faultsOf(groups({ layout, own }))).toEqual([['cgroups', 'cgroups-old', 'warn']]);
    const root = { ...debianRoot, cgroups: { layout, own: { ...own, writable: true }, userManager: undefined } };
    expect(faultsOf(root)).toEqual([]);
  });

  test('root in a container without control groups, or with those of others', () => {
    const none: HostFacts = { ...debianRoot, cgroups: { layout: 'none', own: undefined, userManager: undefined } };
    expect(faultsOf(none)).toEqual([['cgroups', 'cgroups-missing', 'fail']]);
    const readOnly = {
      ...debianRoot,
      cgroups: { ...debianRoot.cgroups, own: { ...session, folder: '/sys/fs/cgroup' } },
    };
    expect(faultsOf(readOnly)).toEqual([['cgroups', 'cgroups-not-delegated', 'warn']]);
  });

  test('limits that a box could not have are told', () => {
    const kernel = { ...debian.kernel, box: went(['memory: not enforced: EBUSY']) };
    expect(faultsOf({ ...debian, kernel })).toEqual([['cgroups', 'limits-missing', 'warn']]);
  });
});

describe('folders', () => {
  const containers = (change: Partial<HostFacts['containers']>) => ({
    containers: { ...debian.containers, ...change },
  });
  const mounted = (...flags: string[]) => containers({ mount: { target: '/srv', type: 'tmpfs', flags } });

  test.each([
    ['read-only', 'ro', 'mounted-read-only', 'fail', 'remount,rw /srv'],
    ['noexec', 'noexec', 'mounted-noexec', 'fail', 'remount,exec /srv'],
    ['nosuid', 'nosuid', 'mounted-nosuid', 'warn', 'remount,suid /srv'],
  ])('a mount that is %s', (_, flag, code, level, fix) => {
    const host = { ...debian, ...mounted(flag) };
    expect(faultsOf(host)).toEqual([['containers-folder', code, level]]);
    expect(fixOf(host, code)).toContain(fix);
  });

  test('a mount without devices bothers root alone', () => {
    expect(faultsOf({ ...debian, ...mounted('nodev') })).toEqual([]);
    expect(faultsOf({ ...debianRoot, ...mounted('nodev') })).toEqual([['containers-folder', 'mounted-nodev', 'warn']]);
  });

  test.each([
    [{ writable: false }, 'containers-unwritable', 'fail'],
    [{ free: 1_000_000_000 }, 'space-low', 'warn'],
    [{ free: 100_000_000 }, 'space-out', 'fail'],
    [{ freeInodes: 5000 }, 'inodes-low', 'warn'],
  ])('%j is %s', (change, code, level) => {
    expect(faultsOf({ ...debian, ...containers(change) })).toEqual([['containers-folder', code, level]]);
  });

  test('a file system that does not count its files lacks none', () => {
    expect(faultsOf({ ...debian, ...containers({ freeInodes: undefined }) })).toEqual([]);
  });

  test('the home’s disk is told of when it is another one', () => {
    const home = { ...debian.home, free: 0 };
    expect(faultsOf({ ...debian, home })).toEqual([]);
    const elsewhere = { ...home, mount: { target: '/home', type: 'ext4', flags: [] } };
    expect(faultsOf({ ...debian, home: elsewhere })).toEqual([['home', 'space-out', 'fail']]);
  });

  test('a home of a later version, and one of another user', () => {
    const later = { ...debian.home, format: failed('home-too-new', 'format 9') };
    expect(faultsOf({ ...debian, home: later })).toEqual([['home', 'home-too-new', 'fail']]);
    expect(faultsOf({ ...debian, home: { ...debian.home, writable: false } })).toEqual([
      ['home', 'home-unusable', 'fail'],
    ]);
  });

  test('a closed home folder comes with its chmod', () => {
    const closed = {
      kind: 'folder-closed',
      what: 'the root cannot enter /home/anna',
      fix: 'chmod o+x /home/anna',
    } as const;
    const plan = went({ ...planOf(debian), obstacles: [closed] });
    expect(faultsOf({ ...debian, plan })).toEqual([['containers-folder', 'folder-closed', 'fail']]);
    expect(fixOf({ ...debian, plan }, 'folder-closed')).toBe('chmod o+x /home/anna');
  });
});

function planOf(host: HostFacts) {
  if (!host.plan.ok) throw new Error('no plan');
  return host.plan.value;
}

describe('LXC and the network', () => {
  test('without LXC containers can be made, and it is told what starts them', () => {
    const host = { ...debian, lxc: { version: undefined, bridge: false } };
    expect(faultsOf(host)).toEqual([['lxc', 'lxc-missing', 'warn']]);
    expect(fixOf(host, 'lxc-missing')).toBe('As root: apt-get install lxc');
  });

  test('LXC 3 is old', () => {
    expect(faultsOf({ ...debian, lxc: { version: '3.1.0', bridge: true } })).toEqual([['lxc', 'lxc-old', 'warn']]);
  });

  test.each(['link-missing', 'link-refused', 'ids-unlisted'] as const)('%s stops lxc-start', (kind) => {
    const plan = went({ ...planOf(debian), obstacles: [{ kind, what: 'it is so', fix: 'mend it' }] });
    expect(faultsOf({ ...debian, plan })).toEqual([[expect.any(String), kind, 'fail']]);
  });

  test('without a default.conf a user’s containers have no network, root’s have the bridge', () => {
    const without = (host: HostFacts): HostFacts => {
      const { defaults, ...rest } = planOf(host);
      return { ...host, plan: went({ ...rest, defaults: { ...defaults, exists: false, networks: [] } }) };
    };
    expect(faultsOf(without(debian))).toEqual([['network', 'default-conf-missing', 'warn']]);
    expect(fixOf(without(debian), 'default-conf-missing')).toMatch(/^mkdir -p \/home\/anna\/\.config\/lxc && printf/);
    expect(faultsOf(without(debianRoot))).toEqual([]);
  });

  test('a faulty default.conf is told once', () => {
    const plan = failed('lxc-config-invalid', 'default.conf is faulty');
    expect(faultsOf({ ...debian, plan })).toEqual([['network', 'lxc-config-invalid', 'fail']]);
  });
});

describe('clock and remotes', () => {
  const ahead = (seconds: number | undefined) =>
    went([{ name: 'up', isDefault: true, servers: [{ url: 'https://images.example/', answer: went(seconds) }] }]);

  test.each([
    [30, []],
    [-30, []],
    [600, [['clock', 'clock-off', 'warn']]],
    [-86_400, [['clock', 'clock-wrong', 'fail']]],
    [undefined, []],
  ])('a server whose clock is %s seconds ahead', (seconds, expected) => {
    expect(faultsOf({ ...debian, remotes: ahead(seconds) })).toEqual(expected);
  });

  test('a clock at the epoch, or one that nothing corrects', () => {
    const offline = { ...debian, remotes: undefined };
    expect(faultsOf({ ...offline, clock: { now: new Date(0), synchronized: true } })).toEqual([
      ['clock', 'clock-wrong', 'fail'],
    ]);
    expect(faultsOf({ ...offline, clock: { ...debian.clock, synchronized: false } })).toEqual([
      ['clock', 'clock-unsynchronized', 'warn'],
    ]);
    expect(faultsOf({ ...offline, clock: { ...debian.clock, synchronized: undefined } })).toEqual([]);
  });

  const silent = {
    url: 'https://two.example/',
    answer: failed('server-unreachable', 'cannot reach it: no such host name'),
  };

  test('a remote of which no server answers fails, one with another server does not', () => {
    const only = went([{ name: 'up', isDefault: true, servers: [silent] }]);
    expect(faultsOf({ ...debian, remotes: only })).toEqual([['remotes', 'server-unreachable', 'fail']]);
    const two = went([
      { name: 'up', isDefault: true, servers: [silent, { url: 'https://one.example/', answer: went(0) }] },
    ]);
    expect(faultsOf({ ...debian, remotes: two })).toEqual([['remotes', 'mirror-unreachable', 'warn']]);
  });

  test('remotes that cannot be read are told', () => {
    expect(faultsOf({ ...debian, remotes: failed('remotes-invalid', 'it cannot be understood') })).toEqual([
      ['remotes', 'remotes-invalid', 'fail'],
    ]);
  });
});

test.each([
  [{ xz: went('lzma-native 5.2.3') }, [['engines', 'xz-slow', 'warn']]],
  [{ zstd: false }, [['engines', 'zstd-missing', 'warn']]],
  [{ box: { path: '/x/box', exists: false } }, [['engines', 'not-compiled', 'fail']]],
  [{ sys: failed('not-compiled', 'sys.node cannot be loaded') }, [['engines', 'not-compiled', 'fail']]],
  [{ xz: failed('xz-engine-unavailable', 'none') }, [['engines', 'xz-engine-unavailable', 'fail']]],
])('engines %j', (change, expected) => {
  expect(faultsOf({ ...debian, engines: { ...debian.engines, ...change } })).toEqual(expected);
});

test.each([
  ['an old kernel', { release: '4.19.0-26-amd64' }, 'kernel-too-old', 'fail'],
  [
    'a box that fails',
    { box: failed('box-failed', 'seccomp: Invalid argument'), overlay: undefined },
    'box-failed',
    'fail',
  ],
  ['no overlayfs', { overlay: failed('box-failed', 'overlay: No such device') }, 'overlay-refused', 'warn'],
])('%s', (_, change, code, level) => {
  expect(faultsOf({ ...debian, kernel: { ...debian.kernel, ...change } })).toEqual([['kernel', code, level]]);
});

test('little memory', () => {
  expect(faultsOf({ ...debian, memory: 100_000_000 })).toEqual([['memory', 'memory-low', 'warn']]);
});
