import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openRootView } from '../../gate/disk-view.ts';
import { shownPath } from '../../gate/root-view.ts';
import { worldWritable } from '../../gate/rules/world-writable.ts';
import { lsetxattr } from '../../native/sys.ts';
import { host, withRoot } from './sample-root.ts';

test('entries are those that find(1) lists', () => {
  withRoot((root) => {
    const listed = execFileSync('find', ['.', '-printf', '%P %m %U %G\\n'], {
      cwd: root.path,
      encoding: 'utf8',
    });
    const ours = openRootView(root.path)
      .entries()
      .map(({ path, mode, uid, gid }) => `${path} ${mode.toString(8)} ${uid} ${gid}`);
    expect([...ours].sort()).toEqual(listed.trimEnd().split('\n').sort());
  });
});

test('a name that is not UTF-8 keeps its bytes', () => {
  withRoot((root) => {
    execFileSync('sh', ['-c', `: > "$(printf 'etc/\\377\\376')"`], { cwd: root.path });
    const view = openRootView(root.path);
    const entry = view.lstat('etc/\xff\xfe');
    expect(entry?.kind).toBe('file');
    expect(view.readdir('etc')).toContain('\xff\xfe');
    expect(shownPath(entry?.path ?? '')).toBe('/etc/\ufffd\ufffd');
  });
});

test('lstat follows links on the way, not at the end', () => {
  withRoot((root) => {
    const view = openRootView(root.path);
    expect(view.lstat('sbin/init')).toMatchObject({ path: 'usr/sbin/init', kind: 'symlink' });
    expect(view.resolve('sbin/init')).toMatchObject({ path: 'usr/lib/systemd/systemd', kind: 'file' });
  });
});

test('a link out of the root does not show the host', () => {
  withRoot((root) => {
    root.link('etc/out', '/proc/version');
    root.link('etc/up', `${'../'.repeat(20)}proc/version`);
    const view = openRootView(root.path);
    expect(view.readFile('etc/out', 1000)).toBeUndefined();
    expect(view.readFile('etc/up', 1000)).toBeUndefined();
  });
});

test('reading is bounded', () => {
  withRoot((root) => {
    root.file('etc/big', 'x'.repeat(11));
    expect(() => openRootView(root.path).readFile('etc/big', 10)).toThrow(RangeError);
  });
});

test('a path through a file leads nowhere', () => {
  withRoot((root) => {
    expect(openRootView(root.path).lstat('etc/passwd/x')).toBeUndefined();
  });
});

test('a file that stands for a device node is no file, so that its mode is that of the node', () => {
  withRoot((root) => {
    root.file('srv/null', '', 0o666);
    root.file('srv/plain', '', 0o644);
    lsetxattr(`${root.path}/srv/null`, 'user.cooper.node', Buffer.from('c 1 3'));
    lsetxattr(`${root.path}/srv/plain`, 'user.cooper.node', Buffer.from('nonsense'));
    const view = openRootView(root.path);
    expect(view.lstat('srv/null')?.kind).toBe('node');
    expect(view.lstat('srv/plain')?.kind).toBe('file');
    expect(worldWritable.check(view, { host })).toEqual([]);
  });
});
