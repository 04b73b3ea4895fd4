import { describe, expect, test } from 'vitest';
import { openRootView } from '../../../gate/disk-view.ts';
import type { PackedImage } from '../../../gate/packed-image.ts';
import type { ImageRule } from '../../../gate/rule.ts';
import { excludes } from '../../../gate/rules/excludes.ts';
import { hostConfig } from '../../../gate/rules/host-config.ts';
import { metaMembers } from '../../../gate/rules/meta-members.ts';
import { stockUnpack } from '../../../gate/rules/stock-unpack.ts';
import { sampleMembers } from '../sample-image.ts';
import { host, withRoot } from '../sample-root.ts';

const members = { ...sampleMembers, 'excludes-user': './dev/null\n' };

/** What a rule says of the sample with some parts replaced; a member of `undefined` is left out. */
function said(
  rule: ImageRule,
  change: Partial<Omit<PackedImage, 'meta' | 'root'>> & {
    readonly meta?: Readonly<Record<string, string | undefined>>;
  } = {},
) {
  const texts = Object.entries({ ...members, ...change.meta });
  const meta = new Map(
    texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, Buffer.from(text)] as const])),
  );
  const image = {
    devices: [{ name: './dev/null', kind: 'character' }],
    unpacking: { outcome: 'done' },
    ...change,
  } as const;
  return withRoot((root) => rule.check({ ...image, meta, root: openRootView(root.path) }, { host }));
}

describe('members of meta.tar.xz', () => {
  test('an image that has all of them passes', () => {
    expect(said(metaMembers)).toEqual([]);
  });

  test.each(Object.keys(members))('one without %s is found', (name) => {
    expect(said(metaMembers, { meta: { [name]: undefined } })).toEqual([
      { path: 'meta.tar.xz', message: `has no ${name}` },
    ]);
  });

  test.each(['config', 'config-user'])('a line in %s that is no setting of LXC is found', (name) => {
    expect(said(metaMembers, { meta: { [name]: '# LXC\n\nlxc.arch = amd64\nnonsense\n' } })).toEqual([
      { path: 'meta.tar.xz', message: `has a line in ${name} that LXC does not take: nonsense` },
    ]);
  });

  test('an expiry that is no number is found', () => {
    expect(said(metaMembers, { meta: { expiry: 'tomorrow\n' } })).toHaveLength(1);
  });

  test('a template that is no file of the root is found', () => {
    expect(said(metaMembers, { meta: { templates: 'etc/hostname\netc/nowhere\nhome\n' } })).toEqual([
      { path: 'etc/nowhere', message: 'is named by templates and is no file' },
      { path: 'home', message: 'is named by templates and is no file' },
    ]);
  });
});

describe('what LXC is told', () => {
  test.each([
    '# a comment',
    'lxc.include = LXC_TEMPLATE_CONFIG/userns.conf',
    'lxc.arch=x86_64',
    'lxc.mount.auto = proc:mixed sys:ro cgroup:mixed',
    'lxc.mount.entry = tmpfs dev/shm tmpfs rw,nosuid,nodev,create=dir 0 0',
    'lxc.mount.entry = /dev/null srv/two\\040words/null none bind,create=file,optional 0 0',
    'lxc.cap.drop = sys_module mac_admin',
    'lxc.signal.halt = SIGRTMIN+3',
    'lxc.cgroup2.devices.deny = a',
  ])('%s concerns the container alone', (line) => {
    expect(said(hostConfig, { meta: { config: `${line}\n` } })).toEqual([]);
  });

  test.each([
    ['a hook on the host', 'lxc.hook.pre-start = /bin/sh -c id'],
    ['a hook in the namespaces of the host’s choice', 'lxc.hook.mount = LXC_ROOTFS/hook'],
    ['a program for the network', 'lxc.net.0.script.up = /tmp/x'],
    ['an include of any file', 'lxc.include = /etc/shadow'],
    ['an include that leaves its folder', 'lxc.include = LXC_TEMPLATE_CONFIG/../../x'],
    ['a mount of the host’s root', 'lxc.mount.entry = / mnt none bind 0 0'],
    ['a mount over the host', 'lxc.mount.entry = tmpfs /etc tmpfs rw 0 0'],
    ['a disk of the host', 'lxc.mount.entry = /dev/sda srv/disk none bind,create=file,optional 0 0'],
    ['a file beside a device', 'lxc.mount.entry = /dev/null/../sda srv/disk none bind,create=file,optional 0 0'],
    ['a device over the host', 'lxc.mount.entry = /dev/null ../../etc/passwd none bind,create=file,optional 0 0'],
    ['a device of another mount', 'lxc.mount.entry = /dev/null mnt none rbind,create=dir,optional 0 0'],
    ['a mount that leaves the root', 'lxc.mount.entry = tmpfs ../../etc tmpfs rw 0 0'],
    ['an fstab of the host', 'lxc.mount.fstab = /tmp/fstab'],
    ['all of /sys to write', 'lxc.mount.auto = sys:rw'],
    ['ids of its choice', 'lxc.idmap = u 0 0 4294967295'],
    ['another root', 'lxc.rootfs.path = /'],
    ['no confinement', 'lxc.apparmor.profile = unconfined'],
    ['every capability', 'lxc.cap.drop ='],
    ['capabilities that are kept', 'lxc.cap.keep = sys_admin'],
    ['every device', 'lxc.cgroup.devices.allow = a'],
    ['a namespace of the host', 'lxc.namespace.share.net = 1'],
    ['a log of the host', 'lxc.log.file = /etc/cron.d/x'],
    ['no filter of system calls', 'lxc.seccomp.profile ='],
    ['what no version of LXC knows', 'lxc.something.new = 1'],
  ])('%s is found', (_what, line) => {
    for (const name of ['config', 'config-user', 'config-system', 'config.7', 'config-user.7']) {
      expect(said(hostConfig, { meta: { [name]: `  ${line}\n` } })).toEqual([
        { path: 'meta.tar.xz', message: `says in ${name} what is for the owner of a machine to say: ${line}` },
      ]);
    }
  });

  test('an fstab with a file system of the host is found', () => {
    const fstab = 'proc proc proc nodev 0 0\n/dev/sda1 mnt ext4 rw 0 0\n';
    expect(said(hostConfig, { meta: { 'fstab-user': fstab } })).toMatchObject([
      { message: expect.stringContaining('says in fstab-user') },
    ]);
  });

  test('a message that steers the terminal is found', () => {
    const messages = { 'create-message': 'Ready.\n', 'create-message-user': 'Ready.\n\u001b]0;mine\u0007\n' };
    expect(said(hostConfig, { meta: messages })).toEqual([
      { path: 'meta.tar.xz', message: 'has characters in create-message-user that steer terminals' },
    ]);
  });
});

describe('excludes', () => {
  test('lines that match the devices pass', () => {
    expect(said(excludes)).toEqual([]);
  });

  test('a device that is not named is found', () => {
    const devices = [
      { name: './dev/null', kind: 'character' },
      { name: './opt/jail/dev/loop0', kind: 'block' },
    ] as const;
    expect(said(excludes, { devices })).toEqual([
      { path: 'opt/jail/dev/loop0', message: 'is a device node that excludes-user does not name' },
    ]);
  });

  test.each(['dev/null', './dev', './dev/zero', '/dev/null'])(
    'the line %s, which names no member, is found',
    (line) => {
      expect(said(excludes, { meta: { 'excludes-user': `./dev/null\n${line}\n` } })).toEqual([
        { path: 'meta.tar.xz', message: `excludes ${line}, which is no device node of the archive` },
      ]);
    },
  );

  test.each(['./dev/a b', './dev/*', './dev/[a]', './dev/$x'])(
    '%s, which tar or the shell read otherwise, is found',
    (name) => {
      const devices = [{ name, kind: 'character' }] as const;
      expect(said(excludes, { devices, meta: { 'excludes-user': `${name}\n` } })).toEqual([
        { path: 'meta.tar.xz', message: `excludes ${name}, which shell and tar take for a pattern` },
      ]);
    },
  );

  test('`excludes` serves for the mode user when there is no other', () => {
    expect(said(excludes, { meta: { 'excludes-user': undefined, excludes: './dev/null\n' } })).toEqual([]);
  });

  test('an image without devices needs no lines', () => {
    expect(said(excludes, { devices: [], meta: { 'excludes-user': '' } })).toEqual([]);
  });
});

describe('the stock unpack', () => {
  test('that went well passes', () => {
    expect(said(stockUnpack)).toEqual([]);
  });

  test("that failed is told with tar's words, path by path", () => {
    const lines = [
      'tar: ./dev/loop0: Cannot mknod: Operation not permitted',
      'tar: Exiting with failure status due to previous errors',
    ];
    expect(said(stockUnpack, { unpacking: { outcome: 'failed', status: 2, lines } })).toEqual([
      { path: 'dev/loop0', message: 'stops tar: Cannot mknod: Operation not permitted' },
    ]);
  });

  test('that failed without a word is told with its status', () => {
    expect(said(stockUnpack, { unpacking: { outcome: 'failed', status: 137, lines: [] } })).toEqual([
      { path: 'rootfs.tar.xz', message: 'made tar end with 137' },
    ]);
  });

  test('that could not be tried is skipped with the reason', () => {
    expect(said(stockUnpack, { unpacking: { outcome: 'skipped', reason: 'no tar' } })).toEqual([
      { path: '', message: 'no tar', weight: 'skipped' },
    ]);
  });
});
