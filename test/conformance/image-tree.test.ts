// Trees written with real owners, devices and capabilities, judged by GNU tar and the kernel. Needs real root.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TarReader, TreeWriter } from '../../image/index.ts';
import { lgetxattr, lsetxattr, mkfifo, mknod } from '../../native/index.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex');

let folder: string;
let source: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-tree-'));
  source = join(folder, 'source');
  target = join(folder, 'target');
  mkdirSync(source);
  mkdirSync(target);
});
afterEach(() => rmSync(folder, { recursive: true }));

function unpack(archive: string, devices: 'make' | 'skip' = 'make'): void {
  const writer = new TreeWriter(target, { parents: 'refuse-symlinks', devices });
  const reader = new TarReader(writer);
  reader.write(readFileSync(archive));
  reader.finish();
  writer.finish();
}

describeAsRoot('an archive of GNU tar with everything', () => {
  const archive = () => join(folder, 'all.tar');
  beforeEach(() => {
    mkdirSync(join(source, 'd'));
    chownSync(join(source, 'd'), 33, 70_000);
    chmodSync(join(source, 'd'), 0o3775);
    writeFileSync(join(source, 'd/su'), 'program');
    chownSync(join(source, 'd/su'), 5, 3_000_000);
    chmodSync(join(source, 'd/su'), 0o6711);
    writeFileSync(join(source, 'ping'), 'program');
    lsetxattr(join(source, 'ping'), 'security.capability', netRaw);
    mknod(join(source, 'disk'), 0o660, { type: 'block', major: 259, minor: 70_000 });
    mkfifo(join(source, 'pipe'), 0o600);
    execFileSync('setfacl', ['-d', '-m', 'u:33:rwx', join(source, 'd')]);
    const options = ['--format=pax', '--xattrs', '--xattrs-include=*', '--numeric-owner'];
    execFileSync('tar', [...options, '-cf', archive(), '-C', source, '.']);
  });

  it('is compared equal by GNU tar after we unpack it', () => {
    unpack(archive());
    execFileSync('tar', ['--compare', '--xattrs', '--numeric-owner', '-f', archive(), '-C', target]);
    expect(lgetxattr(join(target, 'ping'), 'security.capability')).toEqual(netRaw);
  });

  it('keeps a default access list of a directory out of the files that are placed in it', () => {
    unpack(archive());
    const list = execFileSync('getfacl', ['-cn', 'd/su'], { cwd: target, encoding: 'utf8' });
    expect(list).not.toContain('user:33');
    expect(execFileSync('getfacl', ['-cn', 'd'], { cwd: target, encoding: 'utf8' })).toContain('default:user:33:rwx');
  });

  it('is unpacked without devices when they are to be skipped', () => {
    unpack(archive(), 'skip');
    expect([existsSync(join(target, 'disk')), existsSync(join(target, 'ping'))]).toEqual([false, true]);
  });
});

describeAsRoot('an owner without a place in the id map', () => {
  it('is told with its code', () => {
    writeFileSync(join(source, 'file'), '');
    chownSync(join(source, 'file'), 1234, 0);
    execFileSync('tar', ['-cf', join(folder, 'one.tar'), '-C', source, 'file']);
    const script = `
      import { readFileSync } from 'node:fs';
      import { TarReader, TreeWriter } from '${new URL('../../dist/image/index.js', import.meta.url).href}';
      const reader = new TarReader(new TreeWriter('${target}', { parents: 'refuse-symlinks', devices: 'skip' }));
      try {
        reader.write(readFileSync('${join(folder, 'one.tar')}'));
      } catch (error) {
        process.stdout.write(error.code);
      }`;
    const inside = ['--user', '--map-root-user', process.execPath, '--input-type=module', '-e', script];
    expect(execFileSync('unshare', inside, { encoding: 'utf8' })).toBe('owner-not-mapped');
  });
});
