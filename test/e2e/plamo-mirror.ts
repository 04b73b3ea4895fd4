// A mirror of a Plamo Linux in miniature: one static busybox is its shell and its init, packages have all that the real ones have.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../builder/source/debian/signed-archive.ts';
import { addListings, busybox, makePackage, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';

const applets = [
  'sh',
  'ash',
  'mv',
  'rm',
  'ln',
  'cp',
  'mkdir',
  'chmod',
  'chown',
  'cat',
  'cmp',
  'grep',
  'sed',
  'mount',
  'poweroff',
  'touch',
  'b\u00e4s',
];

/** As makepkg takes links out of a package. */
const links = (folder: string, target: string, names: readonly string[]) =>
  names.map((name) => `( cd ${folder} ; rm -rf ${name} )\n( cd ${folder} ; ln -sf ${target} ${name} )\n`).join('');

const inittab = '::sysinit:/etc/rc.d/rc.S\n::respawn:/bin/busybox sleep 3600\n::shutdown:/bin/busybox umount -a -r\n';

/** Asks of its surroundings what real scripts count on: the root as working folder, its own folder beside it. */
const config = `config() {
  NEW="$1"
  OLD="$(dirname $NEW)/$(basename $NEW .new)"
  if [ ! -r $OLD ]; then mv $NEW $OLD; fi
}
set -e
[ "$1" = -install ]
[ -f install/slack-desc ]
config etc/app.conf.new
echo configured > var/lib/app
`;

/** What the mirror has, by its path below the folder of the release. */
export const plamoPackages: Readonly<Record<string, PackageContent>> = {
  'plamo/00_base/aaa_base-8.0-noarch-B1.tzst': {
    description: 'the folders of a root',
    files: {
      'bin/': '',
      'sbin/': '',
      'root/': '',
      'usr/bin/': '',
      'var/log/packages/': '',
      'var/log/scripts/': '',
      'var/log/initpkg/': '',
      'var/lib/': '',
      'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
      'etc/group': 'root:x:0:\n',
      'etc/shadow': { mode: 0o640, text: 'root::20000:0:99999:7:::\n' },
      'etc/os-release': 'ID=plamo\nPRETTY_NAME="Plamo in miniature"\n',
      'etc/inittab': inittab,
      'etc/rc.d/rc.S': { mode: 0o755, text: '#!/bin/sh\nmount -t tmpfs none /run\necho started > /run/started\n' },
    },
    prepare(folder) {
      mkdirSync(join(folder, 'tmp'));
      mkdirSync(join(folder, 'dev'));
      execFileSync('chmod', ['1777', join(folder, 'tmp')]);
      execFileSync('mknod', [join(folder, 'dev/null'), 'c', '1', '3']);
    },
  },
  'plamo/00_base/busybox-1.35-x86_64-B2.txz': {
    description: 'shell, init and everything else',
    files: { 'bin/busybox': busybox },
    doinst: `${links('bin', 'busybox', applets)}${links('sbin', '../bin/busybox', ['init', 'halt'])}`,
  },
  // Older than the one above, and left behind by the mirror.
  'plamo/00_base/busybox-1.9-x86_64-B9.txz': { files: { 'bin/old': 'old\n' } },
  'plamo/00_base/old/busybox-2.0-x86_64-B1.txz': { files: { 'bin/older': 'old\n' } },
  'plamo/00_base/kernel-6.1-x86_64-B1.txz': { files: { 'boot/vmlinuz': 'a kernel\n' } },
  'plamo/01_minimum/net.txz/app_tools-1.0-x86_64-B1.tgz': {
    description: 'something with a script',
    files: {
      'etc/app.conf.new': 'answer = 42\n',
      'usr/bin/app': { mode: 0o4755, text: '#!/bin/sh\ncat /etc/app.conf\n' },
    },
    doinst: config,
    initpkg: 'echo what is your name\n',
    prepare(folder) {
      writeFileSync(join(folder, 'usr/bin/odd\nname \\ \u00e4'), 'odd\n');
      execFileSync('ln', [join(folder, 'usr/bin/app'), join(folder, 'usr/bin/app-too')]);
      execFileSync('cp', ['/bin/true', join(folder, 'usr/bin/pinger')]);
      execFileSync('setcap', ['cap_net_raw+ep', join(folder, 'usr/bin/pinger')]);
    },
  },
  'contrib/Hamradio/morse-2.5-x86_64-B1.txz': { files: { 'usr/bin/morse': { mode: 0o755, text: '#!/bin/sh\n' } } },
  'contrib/Hamradio/qrq-0.3-x86_64-B1.txz': { files: { 'usr/bin/qrq': 'not asked for\n' } },
};

/** The folder of the release and architecture. */
export const release = 'Plamo-8.x/x86_64';

/** Everything that the mirror serves; `folder` is for the making of it. */
export function plamoMirror(folder: string): Files {
  const files: Files = new Map();
  for (const [path, content] of Object.entries(plamoPackages)) {
    files.set(`${release}/${path}`, makePackage(folder, path.slice(path.lastIndexOf('/') + 1), content));
  }
  addListings(files, release);
  return files;
}

/** busybox's init powers off by another signal than Plamo's. */
const ownConfig = 'lxc.arch = {architecture}\nlxc.signal.halt = SIGUSR2\nlxc.signal.reboot = SIGTERM\n';

/** Texts of a definition for it, by their names. */
export function plamoDefinition(mirror: string, more = ''): Readonly<Record<string, string>> {
  return {
    'definition.yaml': `name: plamo
title: Plamo {version}
source:
  kind: plamo
  mirror: ${mirror}/Plamo-{release}/{machine}
  ignore: [kernel]
${more}releases:
  8.x: { version: "8.0" }
architectures: [amd64]
variants:
  default: { categories: [00_base] }
  mini: { extends: default, categories: [01_minimum], packages: [contrib/Hamradio/morse] }
files:
  - kind: hostname
lxc:
  config: lxc/config
  configUser: lxc/config-user
  createMessage: lxc/create-message
`,
    'lxc/config': `lxc.include = LXC_TEMPLATE_CONFIG/plamo.common.conf\n${ownConfig}`,
    'lxc/config-user': `lxc.include = LXC_TEMPLATE_CONFIG/plamo.common.conf\nlxc.include = LXC_TEMPLATE_CONFIG/plamo.userns.conf\n${ownConfig}`,
    'lxc/create-message': 'This is Plamo {version}.\n',
  };
}
