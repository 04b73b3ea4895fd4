import { describe, expect, test } from 'vitest';
import type { RootEntry, RootView } from '../../../gate/root-view.ts';
import { deviceNodes } from '../../../gate/rules/device-nodes.ts';
import { foreignIds } from '../../../gate/rules/foreign-ids.ts';
import { hostAttributes } from '../../../gate/rules/host-attributes.ts';
import { worldWritable } from '../../../gate/rules/world-writable.ts';
import { lsetxattr, mkfifo, mknod } from '../../../native/index.ts';
import { found, host } from '../sample-root.ts';

/** A root that is only a list: owners and labels that an ordinary user cannot give a file. */
function listed(entry: Partial<RootEntry>, attributes: readonly string[] = []): RootView {
  const whole: RootEntry = { path: 'srv/x', kind: 'file', mode: 0o644, uid: 0, gid: 0, size: 1, ...entry };
  return {
    lstat: () => whole,
    resolve: () => whole,
    readFile: () => undefined,
    readdir: () => [],
    entries: () => [whole],
    xattrs: () => attributes,
    xattr: () => undefined,
  };
}

describe('device nodes', () => {
  test('a tree without any passes, fifos included', () => {
    expect(found(deviceNodes, (root) => mkfifo(`${root.path}/run-fifo`, 0o600))).toEqual([]);
  });

  test("one is found, also overlayfs' whiteout", () => {
    const findings = found(deviceNodes, (root) =>
      mknod(`${root.path}/etc/gone`, 0, { type: 'character', major: 0, minor: 0 }),
    );
    expect(findings).toEqual([{ path: 'etc/gone', message: 'is a character device' }]);
  });
});

describe('foreign ids', () => {
  test.each([
    [0, 0],
    [101, 65_534],
    [65_535, 65_535],
  ])('%i:%i passes', (uid, gid) => {
    expect(foreignIds.check(listed({ uid, gid }), { host })).toEqual([]);
  });

  test.each([
    ['above the ids of a container', 65_536, 0],
    ['of a shifted group', 0, 165_536],
    ['unmapped, shown as nobody', 65_534, 65_534],
  ])('an owner %s is found', (_, uid, gid) => {
    expect(foreignIds.check(listed({ uid, gid }), { host })).toEqual([
      { path: 'srv/x', message: `belongs to ${uid}:${gid}` },
    ]);
  });

  test('the owners in the sample on disk are read', () => {
    expect(found(foreignIds)).toEqual([]);
  });
});

describe('attributes of the host', () => {
  test('other attributes pass', () => {
    expect(
      found(hostAttributes, (root) => lsetxattr(`${root.path}/etc/passwd`, 'user.note', Buffer.from('x'))),
    ).toEqual([]);
    expect(hostAttributes.check(listed({}, ['security.capability', 'security.selinuxes']), { host })).toEqual([]);
  });

  test('an attribute of overlayfs on disk is found', () => {
    const findings = found(hostAttributes, (root) =>
      lsetxattr(`${root.path}/etc`, 'user.overlay.opaque', Buffer.from('y')),
    );
    expect(findings).toEqual([{ path: 'etc', message: 'has the attribute user.overlay.opaque' }]);
  });

  test.each(['security.selinux', 'trusted.overlay.origin'])('%s is found', (name) => {
    expect(hostAttributes.check(listed({}, [name]), { host })).toHaveLength(1);
  });
});

describe('what everybody can write', () => {
  test('sticky directories and links pass', () => {
    expect(found(worldWritable)).toEqual([]);
  });

  test('a directory without the sticky bit is found', () => {
    expect(found(worldWritable, (root) => root.folder('var/spool/x', 0o777))).toEqual([
      { path: 'var/spool/x', message: 'has mode 0777' },
    ]);
  });

  test('the root itself is judged too', () => {
    expect(found(worldWritable, (root) => root.folder('.', 0o777))).toEqual([{ path: '', message: 'has mode 0777' }]);
  });

  test('a file is found', () => {
    expect(found(worldWritable, (root) => root.file('etc/motd', 'x', 0o666))).toEqual([
      { path: 'etc/motd', message: 'has mode 0666' },
    ]);
  });
});
