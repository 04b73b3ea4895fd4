// Packages of pkgtools, also hostile ones, unpacked into a root by the code that builds use; GNU tar has made them. And what is made
// before the first script can run.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeRunnable, recordFolders } from '../../builder/source/pkgtools/install/first-shell.ts';
import { recordsOf } from '../../builder/source/pkgtools/install/records.ts';
import { unpackPackage } from '../../builder/source/pkgtools/install/unpack-package.ts';
import { lgetxattr } from '../../native/sys.ts';
import { placeFiles } from '../../provision/place-files.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const folder = mkdtempSync('/var/tmp/cooper-packages-');
const root = join(folder, 'root');
let count = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
});

function unpack(make: (tree: string) => void, ...words: string[]) {
  count += 1;
  const [tree, file] = [join(folder, `${count}-tree`), join(folder, `${count}.tar`)];
  mkdirSync(tree);
  make(tree);
  execFileSync('tar', ['-C', tree, '-cf', file, ...words, '.'], { stdio: 'pipe' });
  const item = { name: 'evil', stem: 'evil-1-noarch-1', location: 'x', file, size: statSync(file).size };
  return unpackPackage(root, item, join(folder, `${count}-staged`));
}

describeAsRoot('a package', () => {
  test('has its scripts kept apart, its nodes marked, and links of others followed inside the root', async () => {
    mkdirSync(join(root, 'real'));
    symlinkSync('/real', join(root, 'lib'));
    const { files, members } = await unpack((tree) => {
      for (const name of ['install', 'lib', 'srv']) mkdirSync(join(tree, name));
      writeFileSync(join(tree, 'install/doinst.sh'), 'exit 0\n');
      writeFileSync(join(tree, 'install/data'), 'data');
      writeFileSync(join(tree, 'lib/a.so'), 'library');
      execFileSync('mknod', [join(tree, 'srv/zero'), 'c', '1', '5']);
    });
    expect(readFileSync(join(root, 'real/a.so'), 'utf8')).toBe('library');
    expect(existsSync(join(root, 'install'))).toBe(false);
    expect(readFileSync(join(folder, `${count}-staged/data`), 'utf8')).toBe('data');
    expect(lgetxattr(Buffer.from(join(root, 'srv/zero')), 'user.cooper.node').toString()).toBe('c 1 5');
    expect([...members]).toEqual([['doinst.sh', 'exit 0\n']]);
    expect(files).toContain('./install/doinst.sh');
  });

  test.each([
    ['a name with dots', ['--absolute-names', '--transform', 's,^./a,../a,'], 'archive-escapes-root'],
    ['an absolute name', ['--absolute-names', '--transform', 's,^./a,/var/tmp/cooper-a,'], 'archive-escapes-root'],
    ['dots below install', ['--absolute-names', '--transform', 's,^./a,install/../../a,'], 'archive-escapes-root'],
  ])('with %s is refused, and named', async (_what, words, code) => {
    const unpacking = unpack((tree) => writeFileSync(join(tree, 'a'), 'a'), ...words);
    await expect(unpacking).rejects.toMatchObject({ code, message: expect.stringContaining('evil-1-noarch-1') });
    expect(existsSync(join(folder, 'a'))).toBe(false);
  });

  test('cannot write through its own link to the outside', async () => {
    mkdirSync(join(folder, 'outside'), { recursive: true });
    await unpack(
      (tree) => {
        mkdirSync(join(tree, 'y'));
        writeFileSync(join(tree, 'y/file'), 'x');
        symlinkSync(join(folder, 'outside'), join(tree, 'x'));
      },
      '--transform',
      's,^./y/,./x/,',
    ).catch(() => undefined);
    expect(existsSync(join(folder, 'outside/file'))).toBe(false);
  });
});

describe('what is in no encoding that we know', () => {
  // A comment in EUC-JP, as Plamo's older packages have them, and a name in it.
  const script = Buffer.concat([
    Buffer.from('#!/bin/sh\n# '),
    Buffer.from([0xa5, 0xd7, 0xa5, 0xe9, 0xa5, 0xe2, 0x8e, 0xb1, 0xa0]),
    Buffer.from('\n( cd bin ; rm -rf '),
    Buffer.from([0xc6, 0xfc]),
    Buffer.from(' )\n( cd bin ; ln -sf sh '),
    Buffer.from([0xc6, 0xfc]),
    Buffer.from(' )\necho "ran" >ran\n'),
  ]);

  test('stays byte for byte in scripts, records and what is run', async () => {
    const content = await unpack((tree) => {
      mkdirSync(join(tree, 'install'));
      writeFileSync(join(tree, 'install/doinst.sh'), script);
      writeFileSync(join(tree, 'install/initpkg'), script);
      writeFileSync(join(tree, 'install/slack-desc'), Buffer.concat([Buffer.from('evil: '), script.subarray(12, 21)]));
    });
    placeFiles(root, recordsOf(content, '/var/log'), 0);
    expect(readFileSync(join(root, 'var/log/scripts/evil-1-noarch-1'))).toEqual(script);
    expect(readFileSync(join(root, 'var/log/initpkg/evil'))).toEqual(script);
    expect(readFileSync(join(folder, `${count}-staged/doinst.sh`))).toEqual(script);
    const record = readFileSync(join(root, 'var/log/packages/evil-1-noarch-1'), 'latin1');
    expect(record).toContain(`\nevil: ${script.subarray(12, 21).toString('latin1')}\n`);
    expect(makeRunnable(root, [content.members.get('doinst.sh') ?? ''])).toBe(false);
    expect(existsSync(join(root, 'bin'))).toBe(false);
    execFileSync('/bin/sh', [join(root, 'var/log/scripts/evil-1-noarch-1')], { cwd: runFolder() });
    expect(readFileSync(join(root, 'run-here/ran'), 'utf8')).toBe('ran\n');
  });

  function runFolder(): string {
    mkdirSync(join(root, 'run-here/bin'), { recursive: true });
    return join(root, 'run-here');
  }
});

describe('a root in which no script has run yet', () => {
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };

  test('gets the shell, its links and the C library that scripts would put in place', () => {
    write('bin/bash5.new', '#!', 0o755);
    write('lib64/incoming/libc-2.33.so', 'library', 0o755);
    const script =
      '( cd lib64 ; rm -rf libc.so.6 )\n( cd lib64 ; ln -sf libc-2.33.so libc.so.6 )\n( cd bin ; rm -rf sh )\n( cd bin ; ln -sf bash sh )\n';
    expect(makeRunnable(root, [script])).toBe(true);
    expect(readlinkSync(join(root, 'bin/sh'))).toBe('bash');
    expect(readFileSync(join(root, 'lib64/libc.so.6'), 'utf8')).toBe('library');
    expect(statSync(join(root, 'bin/sh')).mode & 0o7777).toBe(0o755);
    for (const name of ['dev', 'proc', 'sys', 'run']) expect(statSync(join(root, name)).mode & 0o7777).toBe(0o755);
    expect(statSync(join(root, 'tmp')).mode & 0o7777).toBe(0o1777);
  });

  test('gets each link that has a place, and leaves the others to the shell', () => {
    write('bin/bash', '#!', 0o755);
    write('etc', 'a file in the way of a folder');
    symlinkSync('bin', join(root, 'usrbin'));
    symlinkSync('loop', join(root, 'loop'));
    const link = (in_: string, target: string, name: string) =>
      `( cd ${in_} ; rm -rf ${name} )\n( cd ${in_} ; ln -sf ${target} ${name} )\n`;
    const script = [
      link('etc/rc.d', '../x', 'rc.local'),
      link('loop/below', 'x', 'y'),
      link('bin', 'x', 'n'.repeat(256)),
      link('bin', 't'.repeat(5000), 'far'),
      link('bin', 'x\0y', 'nothing'),
      link('usrbin', 'first', 'sh'),
      // The same place by another way: what is there stays.
      link('bin', 'bash', 'sh'),
      link('bin', 'bash', 'b\u00e4sh'),
    ].join('');
    const bytes = Buffer.from(script).toString('latin1');
    expect(makeRunnable(root, [bytes])).toBe(false);
    expect(readlinkSync(join(root, 'bin/sh'))).toBe('first');
    expect(readlinkSync(join(root, 'bin/b\u00e4sh'))).toBe('bash');
    rmSync(join(root, 'bin/sh'));
    expect(makeRunnable(root, [link('etc/rc.d', '../x', 'rc.local') + link('bin', 'bash', 'sh')])).toBe(true);
    expect(readFileSync(join(root, 'etc'), 'utf8')).toBe('a file in the way of a folder');
  });

  test('keeps what is there, and has no shell when no package brings one', () => {
    write('bin/true', 'mine');
    const script =
      '( cd bin ; rm -rf true )\n( cd bin ; ln -sf busybox true )\n( cd bin ; rm -rf sh )\n( cd bin ; ln -sf nothing sh )\n';
    expect(makeRunnable(root, [script])).toBe(false);
    expect(readFileSync(join(root, 'bin/true'), 'utf8')).toBe('mine');
  });

  test('has its records in /var/lib/pkgtools, unless it has them in /var/log already', () => {
    expect(recordFolders(root, 'log')).toEqual({ base: '/var/log', links: [] });
    expect(recordFolders(root, 'pkgtools')).toMatchObject({
      base: '/var/lib/pkgtools',
      links: [{ path: '/var/log/packages', target: '../lib/pkgtools/packages' }, { path: '/var/log/scripts' }],
    });
    mkdirSync(join(root, 'var/log/packages'), { recursive: true });
    expect(recordFolders(root, 'pkgtools').base).toBe('/var/log');
  });
});
