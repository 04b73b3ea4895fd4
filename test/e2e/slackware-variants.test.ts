// The shipped definition of Slackware, on a mirror in miniature: every variant mends what its own series bring.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openImage } from '../../variants/index.ts';
import { ImageArchive, ShippedBed } from './shipped-bed.ts';
import { release } from './slackware-mirror.ts';
import { addLists, slackwarePackages } from './slackware-series.ts';

const variants = ['mini', 'default', 'large', 'full'] as const;
const image = 'slackware/15.0/amd64';

describe('Slackware', () => {
  let bed: ShippedBed;
  let images: readonly ImageArchive[];
  beforeAll(async () => {
    const { layers } = await openImage(`${image}/mini`);
    bed = await ShippedBed.open(slackwarePackages(layers.flatMap(({ include }) => include)), release, addLists);
    const directories = await bed.build(image, variants, 'never');
    images = directories.map((directory) => new ImageArchive(directory));
  });
  afterAll(() => bed?.remove());

  const modes = (name: string) => images.map((each) => (each.has(name) ? each.mode(name) : ''));

  test('each variant has its own series and those below', () => {
    const has = (name: string) => images.map((each) => each.has(name));
    expect(has('usr/share/wget')).toEqual([true, true, true, true]);
    expect(has('usr/share/libcap')).toEqual([false, false, true, true]);
    expect(has('usr/share/tcl')).toEqual([false, false, false, true]);
    expect(has('etc/grub')).toEqual([false, false, false, false]);
  });

  test.each([
    ['loop', 0],
    ['serial', 0],
    ['acpid', 1],
    ['udev', 1],
    ['alsa', 2],
  ])('rc.%s starts in no variant that has it', (name, first) => {
    const off = Array.from(variants, (_variant, position) => (position < first ? '' : '-rw-r--r--'));
    expect(modes(`etc/rc.d/rc.${name}`)).toEqual(off);
  });

  test('what a container can do starts where it comes', () => {
    expect(modes('etc/rc.d/rc.cups')).toEqual(['', '', '-rwxr-xr-x', '-rwxr-xr-x']);
    expect(modes('etc/rc.d/rc.syslog')).toEqual(variants.map(() => '-rwxr-xr-x'));
  });

  test.each(variants)('%s has the consoles of a container, and klogd asks by system call, once', (variant) => {
    const own = images[variants.indexOf(variant)];
    expect(own?.text('etc/inittab')).toBe(`id:3:initdefault:
si:S:sysinit:/etc/rc.d/rc.S
rc:2345:wait:/etc/rc.d/rc.M
l0:0:wait:/etc/rc.d/rc.0
c1:12345:respawn:/sbin/agetty 38400 tty1 linux
c2:12345:respawn:/sbin/agetty 38400 tty2 linux
# c3:12345:respawn:/sbin/agetty 38400 tty3 linux
# c4:12345:respawn:/sbin/agetty 38400 tty4 linux
# c5:12345:respawn:/sbin/agetty 38400 tty5 linux
# c6:12345:respawn:/sbin/agetty 38400 tty6 linux
pf::powerfail:/sbin/shutdown -h now "THE POWER IS FAILING"
co:1235:respawn:/sbin/agetty 38400 console
`);
    expect(own?.text('etc/rc.d/rc.syslog')).toContain('klogd -c 3 -x -s\n');
    expect(own?.text('etc/rc.d/rc.inet1.conf')).toBe('IPADDRS[0]=""\nUSE_DHCP[0]="yes"\nUSE_DHCP[1]=""\n');
  });
});
