// The shipped definition of Plamo Linux, on mirrors in miniature: every variant mends what its own categories bring.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addListings } from '../builder/source/pkgtools/made-packages.ts';
import { plamo6, plamo8 } from './plamo-releases.ts';
import { ImageArchive, ShippedBed } from './shipped-bed.ts';

const variants = ['default', 'mini', 'large', 'full'] as const;

/** The images of all variants, built in one run. */
async function built(bed: ShippedBed, image: string): Promise<readonly ImageArchive[]> {
  const directories = await bed.build(image, variants, 'never');
  return directories.map((directory) => new ImageArchive(directory));
}

const consoles = (text: string) => text.split('\n').filter((line) => /^(?:pf|co|c\d):/.test(line));
const twoAndTheConsole = [
  'c1:12345:respawn:/sbin/agetty 38400 tty1 linux',
  'c2:12345:respawn:/sbin/agetty 38400 tty2 linux',
  'pf::powerfail:/sbin/shutdown -h +0 "THE POWER IS FAILING"',
  'co:1235:respawn:/sbin/agetty 38400 console',
];

describe('Plamo 8', () => {
  let bed: ShippedBed;
  let images: readonly ImageArchive[];
  beforeAll(async () => {
    const release = 'Plamo-8.x/x86_64';
    bed = await ShippedBed.open(plamo8, release, (files) => addListings(files, release));
    images = await built(bed, 'plamo/8.x/amd64');
  });
  afterAll(() => bed?.remove());

  test('each variant has its own categories and those below', () => {
    const marks = ['usr/share/gcc', 'etc/rc.d/init.d/sshd', 'usr/share/desktop'];
    expect(images.map((image) => marks.map((mark) => image.has(mark)))).toEqual([
      [false, false, false],
      [true, true, false],
      [true, true, false],
      [true, true, true],
    ]);
  });

  test.each(variants)('%s starts nothing that needs a machine', (variant) => {
    const image = images[variants.indexOf(variant)];
    const links = image?.names.filter((name) => /\/rc[S\d]\.d\/[SK]/.test(name));
    expect(links).toEqual(variant === 'default' ? [] : ['./etc/rc.d/rcS.d/S40hostname']);
    expect(image?.text('etc/rc.d/init.d/rc')).toBe('#!/bin/sh\necho runlevel\n');
  });

  test.each(variants)('%s asks nothing at its first start', (variant) => {
    const image = images[variants.indexOf(variant)];
    const questions = image?.names.filter((name) => name.startsWith('./var/log/initpkg'));
    const harmless = ['./var/log/initpkg/', './var/log/initpkg/harmless'];
    expect(questions).toEqual(variant === 'default' ? [] : harmless);
  });

  test.each(variants)('%s has the consoles of a container, once', (variant) => {
    const image = images[variants.indexOf(variant)];
    const text = image?.text('etc/inittab') ?? '';
    expect(consoles(text)).toEqual(twoAndTheConsole);
    expect(text.includes('rc.4')).toBe(variant === 'large' || variant === 'full');
    expect(image?.text('etc/securetty')).toBe('tty1\nconsole\n');
  });

  test('pam of a service that comes with mini has no audit session', () => {
    for (const image of images) expect(image.text('etc/pam.d/login')).toBe('#session required pam_loginuid.so\n');
    for (const image of images.slice(1)) {
      expect(image.text('etc/pam.d/sshd')).toBe('# pam_loginuid below\n#session required pam_loginuid.so\n');
    }
  });
});

describe('Plamo 6', () => {
  let bed: ShippedBed;
  let images: readonly ImageArchive[];
  beforeAll(async () => {
    const release = 'Plamo-6.x/x86_64';
    bed = await ShippedBed.open(plamo6, release, (files) => addListings(files, release));
    images = await built(bed, 'plamo/6.x/amd64');
  });
  afterAll(() => bed?.remove());

  test.each(variants)('%s leaves devices, mounts and the clock to the host', (variant) => {
    const image = images[variants.indexOf(variant)];
    const anew = variant === 'large' || variant === 'full';
    expect(image?.text('etc/rc.d/rc.S')).toBe(`#!/bin/sh
mkdir /dev/shm
# Clean /etc/mtab and begin another.
mount -f -v /proc
# Set the hostname.
hostname "$(cat /etc/HOSTNAME)"
if [ -x /etc/rc.d/rc.modules ]; then . /etc/rc.d/rc.modules; fi
# Clean up temporary files.
: >/var/run/utmp
${anew ? '# anew\n' : ''}`);
    expect(image?.mode('etc/rc.d/rc.S')).toBe('-rwxr-xr-x');
    expect(image?.mode('etc/rc.d/rc.modules')).toBe('-rw-r--r--');
    expect(image?.text('etc/rc.d/rc.0')).toBe(`#!/bin/sh
# Unmount any remote filesystems.
# See if this is a powerfail situation.
echo stopped
/sbin/halt -d -f -i -p
`);
    expect(image?.mode('etc/rc.d/rc.6'), 'another name of it').toBe('hrwxr-xr-x');
    expect(image?.text('etc/udev/udev.conf')).toBe('udev_log=0\n');
    expect(image?.text('etc/rc.d/rc.inet2')).toContain('\n#SERV="rpc.nfsd rpc.mountd"\n#modprobe sunrpc\n:\n');
    expect(consoles(image?.text('etc/inittab') ?? '')).toEqual(twoAndTheConsole);
  });

  test('of rc.M only whole sections are taken out', () => {
    const [low, mini, large, full] = images.map((image) => image.text('etc/rc.d/rc.M'));
    expect(low).not.toContain('sleep');
    expect(low).toMatch(/^#!\/bin\/sh\n# Initialize ip6tables\.\n/);
    expect(low).toMatch(/\necho started\n# All done\.\n$/);
    expect([mini, large]).toEqual([low, low]);
    expect(full).toBe('#!/bin/sh\n# Screen blanks\necho odd\n');
  });

  test.each(variants)('%s asks DHCP, by the script that netconfig writes', (variant) => {
    const image = images[variants.indexOf(variant)];
    expect(image?.text('etc/rc.d/rc.inet1.tradnet')).toBe(
      'if false && grep -q network=no /proc/cmdline ; then exit 1 ; fi\n' +
        'echo "$(cat /var/run/inet1-scheme) by /usr/sbin/dhclient, loopback y"\n',
    );
    expect(image?.text('var/run/inet1-scheme')).toBe('DHCP\n');
  });

  test('services and questions of higher variants do not start there', () => {
    const service = (name: string) => images.map((image) => image.has(`etc/rc.d/init.d/${name}`));
    expect(service('saslauthd')).toEqual([true, true, true, true]);
    expect(service('open-iscsi')).toEqual([false, true, true, true]);
    expect(service('postfix')).toEqual([false, false, false, false]);
    for (const [position, image] of images.entries()) {
      expect(image.mode('etc/rc.d/init.d/saslauthd')).toBe('-rw-r--r--');
      if (position > 0) expect(image.mode('etc/rc.d/init.d/open-iscsi')).toBe('-rw-r--r--');
      expect(image.has('var/log/initpkg/shadow')).toBe(false);
    }
    expect(images.map((image) => image.has('usr/share/shadow'))).toEqual([false, true, true, true]);
  });
});
