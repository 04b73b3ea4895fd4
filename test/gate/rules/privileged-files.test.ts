import { describe, expect, test } from 'vitest';
import { openRootView } from '../../../gate/disk-view.ts';
import { privilegedFiles } from '../../../gate/privileged-files.ts';
import type { Baseline } from '../../../gate/rule.ts';
import { privilegedFilesRule } from '../../../gate/rules/privileged-files.ts';
import { host, type Root, withRoot } from '../sample-root.ts';

const own = process.getuid?.() ?? 0;
const setuid = `setuid ${own}`;

/** A root with /usr/bin/su of the package login, and what `change` does to it. */
function withSu<Result>(change: (root: Root) => void, use: (root: Root) => Result): Result {
  return withRoot((root) => {
    root.folder('usr/bin');
    root.link('bin', 'usr/bin');
    root.file('usr/bin/su', 'ELF', 0o4755);
    root.file('var/lib/dpkg/info/login.list', '/.\n/bin\n/bin/su\n');
    root.file('var/lib/dpkg/info/other:amd64.list', '/.\n/usr/share/other\n');
    change(root);
    return use(root);
  });
}

const listed = (change: (root: Root) => void = () => undefined) =>
  withSu(change, (root) => privilegedFiles(openRootView(root.path)).files);
const said = (baseline: Baseline | undefined, change: (root: Root) => void = () => undefined) =>
  withSu(change, (root) =>
    privilegedFilesRule.check(openRootView(root.path), baseline === undefined ? { host } : { host, baseline }),
  );

const su = { path: 'usr/bin/su', grants: [setuid], package: 'login' };
const earlier = (privileged: Baseline['privileged'], packages: readonly string[]): Baseline => ({
  build: 'debian/old/amd64/mini 20260101_00:00',
  privileged,
  packages,
});

describe('the list of privileged files', () => {
  test('has set-id files with the package that owns them, through the merged /usr', () => {
    expect(listed()).toEqual([su]);
  });

  test('has both bits of a file, and none of a directory', () => {
    const files = listed((root) => {
      root.file('usr/bin/su', 'ELF', 0o6755);
      root.folder('var/mail', 0o2775);
    });
    expect(files).toEqual([{ ...su, grants: [setuid, `setgid ${process.getgid?.() ?? 0}`] }]);
  });

  test('leaves out the architecture in the name of a list', () => {
    const files = listed((root) => root.file('var/lib/dpkg/info/login.list', ''));
    expect(files).toEqual([{ path: 'usr/bin/su', grants: [setuid] }]);
    const owned = listed((root) => {
      root.file('var/lib/dpkg/info/login.list', '');
      root.file('var/lib/dpkg/info/other:amd64.list', '/usr/bin/su\n');
    });
    expect(owned).toEqual([{ ...su, package: 'other' }]);
  });

  test('knows the owner of a file that was diverted', () => {
    const files = listed((root) => {
      root.remove('usr/bin/su');
      root.file('usr/bin/su.real', 'ELF', 0o4755);
      root.file('var/lib/dpkg/diversions', '/bin/su\n/usr/bin/su.real\nwrapper\n');
    });
    expect(files).toEqual([{ ...su, path: 'usr/bin/su.real' }]);
  });
});

describe('the rule', () => {
  test('a first build may have what packages bring', () => {
    expect(said(undefined)).toEqual([]);
  });

  test('a file of no package is found, whatever came before', () => {
    const plant = (root: Root) => root.file('usr/local/bin/door', 'ELF', 0o4755);
    const finding = { path: 'usr/local/bin/door', message: `gives ${setuid} and belongs to no package` };
    expect(said(undefined, plant)).toEqual([finding]);
    expect(said(earlier([su, { path: finding.path, grants: [setuid] }], ['login']), plant)).toEqual([finding]);
  });

  test('what the earlier build had passes', () => {
    expect(said(earlier([su], ['login']))).toEqual([]);
  });

  test('a file that a known package made privileged since is found', () => {
    expect(said(earlier([], ['login']))).toEqual([
      { path: su.path, message: `gives ${setuid}, which it did not in debian/old/amd64/mini 20260101_00:00` },
    ]);
  });

  test('a file that gives more than before is found', () => {
    expect(said(earlier([su], ['login']), (root) => root.file('usr/bin/su', 'ELF', 0o6755))).toHaveLength(1);
  });

  test('a file of a package that is new is only told', () => {
    expect(said(earlier([], ['bash']))).toEqual([
      { path: su.path, message: `gives ${setuid}, new with the package login`, weight: 'note' },
    ]);
  });

  test('without a database of packages only what is new is found', () => {
    const bare = (root: Root) => root.remove('var/lib/dpkg');
    expect(said(undefined, bare)).toEqual([]);
    expect(said(earlier([{ path: su.path, grants: [setuid] }], []), bare)).toEqual([]);
    expect(said(earlier([], []), bare)).toHaveLength(1);
  });
});
