import { describe, expect, test } from 'vitest';
import { hostTraces } from '../../../gate/rules/host-traces.ts';
import { init } from '../../../gate/rules/init.ts';
import { machineId } from '../../../gate/rules/machine-id.ts';
import { sshHostKeys } from '../../../gate/rules/ssh-host-keys.ts';
import { found, type Root } from '../sample-root.ts';

describe('ssh host keys', () => {
  test('a root with only the configuration of sshd passes', () => {
    expect(found(sshHostKeys, (root) => root.file('etc/ssh/sshd_config', 'UsePAM yes\n'))).toEqual([]);
  });

  test('private and public keys are found', () => {
    const findings = found(sshHostKeys, (root) => {
      root.file('etc/ssh/ssh_host_ed25519_key', 'x', 0o600);
      root.file('etc/ssh/ssh_host_rsa_key.pub', 'x');
    });
    expect(findings.map(({ path }) => path)).toEqual(['etc/ssh/ssh_host_ed25519_key', 'etc/ssh/ssh_host_rsa_key.pub']);
  });

  test("Dropbear's keys are found", () => {
    expect(found(sshHostKeys, (root) => root.file('etc/dropbear/dropbear_rsa_host_key', 'x'))).toHaveLength(1);
  });
});

describe('machine id', () => {
  test('present and empty passes', () => {
    expect(found(machineId)).toEqual([]);
  });

  test('one without D-Bus passes', () => {
    expect(found(machineId, (root) => root.remove('var/lib/dbus'))).toEqual([]);
  });

  const spoilt: readonly [string, string, (root: Root) => void][] = [
    ['missing', 'is missing', (root) => root.remove('etc/machine-id')],
    ['filled', 'is not empty', (root) => root.file('etc/machine-id', '0123456789abcdef0123456789abcdef\n')],
    ['a link', 'is a symlink, not a file', (root) => root.link('etc/machine-id', '/var/lib/id')],
  ];
  test.each(spoilt)('one that is %s is found', (_, message, change) => {
    expect(found(machineId, change)).toEqual([{ path: 'etc/machine-id', message }]);
  });

  test("D-Bus's own copy is found", () => {
    expect(found(machineId, (root) => root.file('var/lib/dbus/machine-id', ''))).toEqual([
      { path: 'var/lib/dbus/machine-id', message: 'is not a link' },
    ]);
  });
});

describe('traces of the build host', () => {
  test('a root without any passes', () => {
    expect(found(hostTraces)).toEqual([]);
  });

  test.each([
    ['hostname', 'etc/hostname', 'builder7.lab.example\n'],
    ['short name in hostname', 'etc/hostname', 'builder7\n'],
    ['name in hosts', 'etc/hosts', '127.0.1.1\tbuilder7\n'],
    ['mail name', 'etc/mailname', 'builder7.lab.example\n'],
  ])('the %s is found', (_, path, text) => {
    expect(found(hostTraces, (root) => root.file(path, text))).toEqual([{ path, message: 'names the build host' }]);
  });

  test('a name that only begins alike is none', () => {
    expect(found(hostTraces, (root) => root.file('etc/hostname', 'builder77\n'))).toEqual([]);
  });

  test.each(['nameserver  192.0.2.53\n', 'options edns0\nsearch lab.example # here\n'])(
    'a resolver line of the host is found in %j',
    (text) => {
      expect(found(hostTraces, (root) => root.file('etc/resolv.conf', text))).toHaveLength(1);
    },
  );

  test('another resolver is none of the host', () => {
    expect(found(hostTraces, (root) => root.file('etc/resolv.conf', 'nameserver 127.0.0.53\n# by hand\n'))).toEqual([]);
  });
});

describe('init', () => {
  test('one that links lead to inside the root passes', () => {
    expect(found(init)).toEqual([]);
  });

  test('none is found', () => {
    expect(found(init, (root) => root.remove('usr/sbin/init'))).toEqual([{ path: 'sbin/init', message: 'is missing' }]);
  });

  test('one that is only on the host is found', () => {
    expect(found(init, (root) => root.link('usr/sbin/init', process.execPath))).toEqual([
      { path: 'sbin/init', message: 'leads to nothing in the root' },
    ]);
  });

  test('one that climbs out of the root stays in it', () => {
    expect(found(init, (root) => root.link('usr/sbin/init', `${'../'.repeat(12)}bin/sh`))).toHaveLength(1);
  });

  test('one that leads in a circle is found', () => {
    expect(found(init, (root) => root.link('usr/sbin/init', 'init'))).toHaveLength(1);
  });

  test('one that cannot be executed is found', () => {
    expect(found(init, (root) => root.file('usr/lib/systemd/systemd', 'ELF', 0o644))).toEqual([
      { path: 'sbin/init', message: 'leads to /usr/lib/systemd/systemd, which cannot be executed' },
    ]);
  });

  test('an empty one is found', () => {
    expect(found(init, (root) => root.file('usr/lib/systemd/systemd', '', 0o755))).toHaveLength(1);
  });
});
