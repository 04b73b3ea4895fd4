import { describe, expect, it } from 'vitest';
import { type ConfigParts, containerConfig } from '../../../client/container/config.ts';
import { parseLxcConfig } from '../../../client/container/lxc-config.ts';

const parts: ConfigParts = {
  origin: 'Made by cooper from debian/bookworm/amd64/mini',
  distribution: 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = linux64\n',
  defaults: [],
  otherLines: [],
  prepared: false,
  addIdMap: undefined,
  addNetwork: [],
  hasFstab: false,
  values: { name: 'c1', path: '/srv/c/c1', rootfs: '/srv/c/c1/rootfs' },
  randomDigit: () => 'a',
};
const withDefaults = (text: string, more: Partial<ConfigParts> = {}) =>
  containerConfig({ ...parts, ...more, defaults: parseLxcConfig(text, 'default.conf') });

describe('containerConfig', () => {
  it('has distribution, container and network in this order', () => {
    const map = {
      uid: [{ inside: 0, outside: 100000, count: 65536 }],
      gid: [{ inside: 0, outside: 200000, count: 10 }],
    };
    const network = [{ key: 'lxc.net.0.type', value: 'empty' }];
    expect(containerConfig({ ...parts, addIdMap: map, addNetwork: network })).toBe(
      `# Made by cooper from debian/bookworm/amd64/mini

# Distribution configuration
lxc.include = /usr/share/lxc/config/common.conf
lxc.arch = linux64

# Container specific configuration
lxc.idmap = u 0 100000 65536
lxc.idmap = g 0 200000 10
lxc.rootfs.path = dir:/srv/c/c1/rootfs
lxc.uts.name = c1

# Network configuration
lxc.net.0.type = empty
`,
    );
  });

  it('moves network lines of default.conf to the end and keeps the others, includes too', () => {
    const text = withDefaults(
      'lxc.net.1.type = veth\nlxc.include = /etc/lxc/default.conf\nlxc.apparmor.profile = generated\n',
    );
    expect(text).toMatch(/specific configuration\nlxc\.include = .*\nlxc\.apparmor\.profile = generated\nlxc\.rootfs/);
    expect(text.trimEnd()).toMatch(/# Network configuration\nlxc\.net\.1\.type = veth$/);
  });

  it('leaves out what default.conf says of root and name', () => {
    const text = withDefaults('lxc.rootfs.path = dir:/elsewhere\nlxc.uts.name = other\nlxc.utsname = other\n');
    expect(text).not.toMatch(/elsewhere|other/);
  });

  it('writes an old id map line under its present key', () => {
    expect(withDefaults('lxc.id_map = u 0 5 1')).toContain('\nlxc.idmap = u 0 5 1\n');
  });

  it('completes the open digits of a hardware address and no other x', () => {
    const text = withDefaults('lxc.net.0.hwaddr = 00:16:3e:xx:XX:1x\nlxc.net.0.link = lxcbr0\n');
    expect(text).toContain('lxc.net.0.hwaddr = 00:16:3e:aa:aa:1a\n');
    expect(text).toContain('lxc.net.0.link = lxcbr0\n');
  });

  it('names the fstab only when there is one', () => {
    expect(containerConfig({ ...parts, hasFstab: true })).toContain('lxc.mount.fstab = /srv/c/c1/fstab\n');
    expect(containerConfig(parts)).not.toContain('fstab');
  });

  it('keeps what a container says of itself already, after what its image says', () => {
    const lines = 'lxc.rootfs.path = btrfs:/srv/r\nlxc.uts.name = old\nlxc.mount.fstab = /etc/mine\nlxc.arch = i686\n';
    const text = withDefaults(lines, { prepared: true, otherLines: ['# mine'] });
    expect(text).toMatch(/^# Made by cooper .*\n# mine\n/);
    expect(text.match(/^lxc\.(?!include).*$/gm)).toEqual([
      'lxc.arch = linux64',
      'lxc.rootfs.path = btrfs:/srv/r',
      'lxc.mount.fstab = /etc/mine',
      'lxc.arch = i686',
      'lxc.uts.name = c1',
    ]);
  });
});
