// Mirrors of Plamo Linux 8 and 6 in miniature, with every category that the shipped definition names. What does not fit a container
// comes with higher variants too, and some of it anew.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { busybox, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';
import { plamoPackages } from './plamo-mirror.ts';

type Packages = Readonly<Record<string, PackageContent>>;

const program = (text: string) => ({ mode: 0o755, text: `#!/bin/sh\n${text}` });

/** Where a container would stand still for ever, or be stopped only by force. */
const stands = 'sleep 3600\n';

const applets = ['sh', 'mv', 'rm', 'ln', 'cp', 'mkdir', 'chmod', 'cat', 'grep', 'sed', 'mount', 'hostname', 'sleep'];

/** The folders, the shell and the first files of both. There is no /var/log/initpkg: the first package with a question makes it. */
function base(files: PackageContent['files']): Packages {
  const path = 'plamo/00_base/aaa_base-8.0-noarch-B1.tzst';
  const folders = plamoPackages[path];
  const there = Object.entries(folders?.files ?? {}).filter(([name]) => name !== 'var/log/initpkg/');
  return {
    [path]: { ...folders, files: { ...Object.fromEntries(there), 'run/': '', 'sbin/init': program(stands), ...files } },
    'plamo/00_base/busybox-1.35-x86_64-B2.txz': {
      files: { 'bin/busybox': busybox },
      doinst: applets.map((name) => `( cd bin ; rm -rf ${name} )\n( cd bin ; ln -sf busybox ${name} )\n`).join(''),
    },
  };
}

/** Six prompts, and a power failure that waits. */
const inittab = `id:3:initdefault:
si:S:sysinit:/etc/rc.d/rc.S
rc:2345:wait:/etc/rc.d/rc.M
l0:0:wait:/etc/rc.d/rc.0
l6:6:wait:/etc/rc.d/rc.6
pf::powerfail:/sbin/shutdown -f +5 "THE POWER IS FAILING"
${[1, 2, 3, 4, 5, 6].map((number) => `c${number}:12345:respawn:/sbin/agetty 38400 tty${number} linux\n`).join('')}`;

const loginuid = 'session required pam_loginuid.so\n';

const only = (category: string, name: string): Packages => ({
  [`plamo/${category}/${name}-1.0-noarch-B1.txz`]: { files: { [`usr/share/${name}`]: `${category}\n` } },
});

/** Plamo 8: links in rcS.d and rc3.d; `mini` brings questions and sshd, `large` writes the inittab anew, `full` brings sshd again. */
export const plamo8: Packages = {
  ...base({
    'etc/inittab': inittab,
    'etc/securetty': 'tty1\n',
    'etc/pam.d/login': loginuid,
    'etc/rc.d/init.d/rc': program('wait_for_user\necho Press Enter to go on\necho runlevel\n'),
    'etc/rc.d/rcS.d/S05modules': 'link:../init.d/modules',
    'etc/rc.d/rc6.d/S70mountfs': 'link:../init.d/mountfs',
    'etc/sysconfig/': '',
  }),
  'plamo/01_minimum/openssh-9.0-x86_64-B1.txz': {
    files: {
      'etc/rc.d/init.d/sshd': program('exit 1\n'),
      'etc/rc.d/rc3.d/S30sshd': 'link:../init.d/sshd',
      'etc/rc.d/rc0.d/K30sshd': 'link:../init.d/sshd',
      'etc/pam.d/sshd': `# pam_loginuid below\n${loginuid}`,
    },
    initpkg: 'echo which keys?; read answer\n',
  },
  'plamo/01_minimum/harmless-1.0-noarch-B1.txz': { files: { 'usr/share/harmless': '' }, initpkg: 'echo done\n' },
  ...only('02_devel', 'gcc'),
  ...only('03_libs', 'glib2'),
  'plamo/04_x11/eudev-3.2-x86_64-B1.txz': {
    files: {
      'etc/rc.d/rcS.d/S10eudev': 'link:../init.d/eudev',
      'etc/rc.d/rcS.d/S40hostname': 'link:../init.d/hostname',
    },
    initpkg: 'echo which devices?; read answer\n',
  },
  'plamo/05_ext/consoles-1.0-noarch-B1.txz': { files: { 'etc/inittab': `${inittab}x1:4:wait:/etc/rc.d/rc.4\n` } },
  ...only('06_xapps', 'editor'),
  ...only('07_multimedia', 'player'),
  'plamo/08_daemons/openssh_new-9.9-x86_64-B1.txz': { files: { 'etc/rc.d/rc3.d/S30sshd': 'link:../init.d/sshd' } },
  ...only('09_printings', 'printer'),
  ...only('10_xfce', 'desktop'),
};

const rcS = `mount -w -n -t proc /proc /proc
${stands}mkdir /dev/shm
mknod /dev/null -m 0666 c 1 3
${stands}
# Clean /etc/mtab and begin another.
mount -f -v /proc
# copy the rules of before
${stands}
# Set the hostname.
hostname "$(cat /etc/HOSTNAME)"
if [ -x /etc/rc.d/rc.modules ]; then . /etc/rc.d/rc.modules; fi
# Check the integrity of what is not the root.
${stands}
# Clean up temporary files.
: >/var/run/utmp
`;

const rcM = `# Screen blanks after a while.
${stands}
# Initialize ip6tables.
. /etc/rc.d/rc.inet1.tradnet
# Initialize sysctl.
${stands}
echo "Starting services:"
. /etc/rc.d/rc.inet2
for service in /etc/rc.d/init.d/*; do
  if [ -x $service ]; then $service start; fi
done
for question in /var/log/initpkg/*; do
  if [ -f $question ]; then sh $question; fi
done
echo started
sync
${stands}
# All done.
`;

const rc6 = `# Save system time.
${stands}
# Unmount any remote filesystems.
# Turn off swap.
${stands}
# See if this is a powerfail situation.
echo stopped
/sbin/halt -d -f -i -p
`;

/** Asks below MAIN; what is above it writes the script of the network, as far as a container shows it. */
const netconfig = `make_config_file() {
  cat <<EOF >$RC
if grep -q network=no /proc/cmdline ; then exit 1 ; fi
echo "\\$(cat /$INET1SCHEME) by /$DHCPCD, loopback $LOOPBACK"
EOF
  chmod 755 $RC
}
############
#		MAIN
############
${stands}`;

/** Plamo 6: rc.S and its like, by sections; `mini`, `large` and `full` bring services and a rc.S anew. */
export const plamo6: Packages = {
  ...base({
    'etc/inittab': inittab,
    'etc/pam.d/login': loginuid,
    'var/run/': '',
    'etc/udev/udev.conf': 'udev_log="err"\n',
  }),
  'plamo/00_base/rc_scripts-6.0-noarch-B1.txz': {
    files: {
      'etc/rc.d/rc.S': program(rcS),
      'etc/rc.d/rc.M': program(rcM),
      'etc/rc.d/rc.6': program(rc6),
      'etc/rc.d/rc.modules': program(stands),
      'etc/rc.d/rc.inet1.tradnet': program('echo nothing\n'),
      'etc/rc.d/rc.inet2': program('SERV="rpc.nfsd rpc.mountd"\nmodprobe sunrpc\n:\n'),
      'sbin/netconfig.tradnet': program(netconfig),
      'sbin/agetty': program(stands),
    },
    // As two names of one file.
    prepare: (folder) => execFileSync('ln', [join(folder, 'etc/rc.d/rc.6'), join(folder, 'etc/rc.d/rc.0')]),
  },
  'plamo/01_minimum/cyrus_sasl-2.1-x86_64-B1.txz': { files: { 'etc/rc.d/init.d/saslauthd': program(stands) } },
  'plamo/02_x11/open_iscsi-2.0-x86_64-B1.txz': { files: { 'etc/rc.d/init.d/open-iscsi': program(stands) } },
  'plamo/03_xclassics/shadow-4.1-x86_64-B1.txz': { files: { 'usr/share/shadow': '' }, initpkg: stands },
  'plamo/04_xapps/postfix-3.0-x86_64-B1.txz': { files: { 'etc/rc.d/init.d/postfix': program(stands) } },
  'plamo/05_ext/rc_scripts_new-6.1-noarch-B1.txz': { files: { 'etc/rc.d/rc.S': program(`${rcS}# anew\n`) } },
  ...only('06_xfce', 'desktop'),
  ...only('07_kde', 'plasma'),
  ...only('08_tex', 'tex'),
  // A section whose end is not there is left alone.
  'plamo/09_kernel/rc_odd-6.2-noarch-B1.txz': { files: { 'etc/rc.d/rc.M': program('# Screen blanks\necho odd\n') } },
  ...only('10_lof', 'office'),
  'contrib/Hamradio/morse-2.5-x86_64-B1.txz': { files: { 'usr/bin/morse': program('') } },
  'contrib/Hamradio/qrq-0.3-x86_64-B1.txz': { files: { 'usr/bin/qrq': program('') } },
};
