// A mirror of Slackware 15.0 in miniature, with every series and every package that the shipped definition names. What does not fit a
// container comes with higher variants too, and some of it anew.

import type { Files } from '../builder/source/debian/signed-archive.ts';
import { busybox, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';
import { addSums } from './slackware-mirror.ts';

const program = (text: string) => ({ mode: 0o755, text: `#!/bin/sh\n${text}` });
const applets = ['mv', 'rm', 'ln', 'cp', 'cat', 'sed', 'chmod', 'dirname', 'basename', 'sleep'];
/** A service that a container stands still for. */
const stands = program('sleep 3600\n');
const link = (name: string) => `( cd bin ; rm -rf ${name} )\n( cd bin ; ln -sf bash ${name} )\n`;

const inittab = `id:3:initdefault:
si:S:sysinit:/etc/rc.d/rc.S
rc:2345:wait:/etc/rc.d/rc.M
l0:0:wait:/etc/rc.d/rc.0
pf::powerfail:/sbin/genpowerfail start
pg::powerokwait:/sbin/genpowerfail stop
${[1, 2, 3, 4, 5, 6].map((number) => `c${number}:12345:respawn:/sbin/agetty 38400 tty${number} linux\n`).join('')}`;
/** As rc.S and rc.M do: what is executable is started. */
const starting = (names: string) => `for name in ${names}; do
  if [ -x /etc/rc.d/rc.$name ]; then sh /etc/rc.d/rc.$name start; fi
done
`;
const syslog = 'echo "Starting klogd"; /usr/sbin/klogd -c 3 -x\n';

/** By series and name: what the tests look at. */
const contents: Readonly<Record<string, PackageContent>> = {
  'a/aaa_base': {
    files: {
      'root/': '',
      'var/lib/pkgtools/': '',
      'var/log/': '',
      'var/run/': '',
      'run/': '',
      'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
      'etc/shadow': { mode: 0o640, text: 'root::9797:0:::::\n' },
      'etc/group': 'root:x:0:\n',
      'etc/slackware-version': 'Slackware 15.0\n',
    },
  },
  'a/bash': {
    files: { 'bin/bash5.new': busybox, 'sbin/init': program('exec /bin/sleep 3600\n') },
    doinst: `mv bin/bash5.new bin/bash\n${['sh', ...applets].map(link).join('')}`,
  },
  'a/sysvinit': { files: { 'etc/inittab': inittab } },
  'a/sysvinit-scripts': {
    files: {
      'etc/rc.d/rc.S': program(`${starting('udev loop serial')}: >/var/run/utmp\n`),
      'etc/rc.d/rc.M': program(`${starting('acpid alsa cups')}echo started\n`),
      'etc/rc.d/rc.0': program('echo stopped\n/sbin/halt -d -f -i -p\n'),
      'etc/rc.d/rc.loop': stands,
      'etc/rc.d/rc.serial': stands,
      'sbin/agetty': stands,
    },
  },
  'a/sysklogd': { files: { 'etc/rc.d/rc.syslog': program(syslog) } },
  'n/network-scripts': { files: { 'etc/rc.d/rc.inet1.conf': 'IPADDRS[0]=""\nUSE_DHCP[0]=""\nUSE_DHCP[1]=""\n' } },
  'a/acpid': { files: { 'etc/rc.d/rc.acpid': stands } },
  'a/eudev': { files: { 'etc/rc.d/rc.udev': stands } },
  'a/grub': { files: { 'etc/grub': 'left out\n' } },
  'ap/alsa-utils': { files: { 'etc/rc.d/rc.alsa': stands } },
  'ap/cups': { files: { 'etc/rc.d/rc.cups': program('echo printing\n') } },
  'l/libcap': { files: { 'usr/share/libcap': '' } },
  // Anew, as before they were mended.
  'd/consoles': { files: { 'etc/inittab': inittab, 'etc/rc.d/rc.syslog': program(syslog) } },
  't/texlive': { files: { 'etc/rc.d/rc.udev': stands } },
  'tcl/tcl': { files: { 'usr/share/tcl': '' } },
};

/** The packages of the release by their paths; `named`: names of packages, which are all there. */
export function slackwarePackages(named: readonly string[]): Readonly<Record<string, PackageContent>> {
  const there = new Set(Object.keys(contents).map((path) => path.slice(path.indexOf('/') + 1)));
  const others = named.filter((name) => !there.has(name)).map((name) => [`a/${name}`, plain(name)] as const);
  const all = [...Object.entries(contents), ...others];
  return Object.fromEntries(all.map(([path, content]) => [`slackware64/${path}-1.0-x86_64-1.txz`, content]));
}

const plain = (name: string): PackageContent => ({ files: { [`usr/share/${name}`]: '' } });

/** Adds a tagfile for each series, by which all of its packages are wanted, and CHECKSUMS.md5. */
export function addLists(files: Files, folder: string): void {
  const tags = new Map<string, string>();
  for (const path of files.keys()) {
    const [, series = '', name = ''] = /^(.*)\/([^/]+)(?:-[^-]+){3}$/.exec(path) ?? [];
    tags.set(series, `${tags.get(series) ?? ''}${name}:ADD\n`);
  }
  for (const [series, text] of tags) files.set(`${series}/tagfile`, Buffer.from(text));
  addSums(files, folder);
}
