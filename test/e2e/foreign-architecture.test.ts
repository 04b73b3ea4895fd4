// i386 packages beside those of amd64 in a root that `cooper rootfs` made, judged by the dpkg and the apt in it and by the
// kernel, which runs a program of it.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper } from './cooper.ts';

const debian = fileURLToPath(new URL('../../variants/debian', import.meta.url));
const image = 'debian/bookworm/amd64/mini';

let folder: string;
const inside = (...words: readonly string[]): string =>
  execFileSync('chroot', [join(folder, 'root'), ...words], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
  });

// An arm64 processor runs no i386; entering a root takes root.
describe.runIf(hostArchitecture() === 'amd64' && process.getuid?.() === 0)('i386 beside amd64 (as root)', () => {
  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-foreign-');
    const definition = join(folder, 'definitions/debian/definition.yaml');
    cpSync(debian, join(folder, 'definitions/debian'), { recursive: true });
    const text = readFileSync(definition, 'utf8')
      // Not every mirror has the security archive of i386, and libraries have to be of one version.
      .replace('      - { name: bookworm-security, archive: security }\n', '')
      .replace('\nvariants:\n', '\nforeignArchitectures: { amd64: [i386] }\nvariants:\n')
      .replace('      - usr-is-merged\n', '      - usr-is-merged\n      - "hello:i386"\n');
    writeFileSync(definition, text);
    const words = ['rootfs', image, join(folder, 'root'), '--definitions', join(folder, 'definitions')];
    const { status, stderr } = await cooper(['--home', inject('testHome'), ...words]);
    expect(status, stderr).toBe(0);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('dpkg finds nothing to complain about', () => {
    expect(inside('dpkg', '--audit')).toBe('');
    expect(inside('dpkg', '--verify', 'libc6:amd64', 'libc6:i386', 'hello:i386')).toBe('');
    expect(inside('dpkg', '--print-foreign-architectures')).toBe('i386\n');
  });

  test('both architectures of a library are installed and share their common files', () => {
    const format = ['$', '{binary:Package} $', '{db:Status-Status}\n'].join('');
    expect(inside('dpkg-query', '-W', '-f', format, 'libc6').split('\n').sort()).toEqual([
      '',
      'libc6:amd64 installed',
      'libc6:i386 installed',
    ]);
    const shared = '/usr/share/doc/libc6/copyright';
    const owners = inside('dpkg-query', '-S', shared).replace(`: ${shared}\n`, '');
    expect(owners.split(', ').sort()).toEqual(['libc6:amd64', 'libc6:i386']);
  });

  test('apt knows what of it nobody asked for, and that all of it is needed', () => {
    const automatic = inside('apt-mark', 'showauto').split('\n');
    expect(automatic).toContain('libc6:i386');
    expect(automatic).not.toContain('hello:i386');
    expect(inside('apt-get', '--simulate', 'autoremove')).not.toMatch(/^Remv/m);
  });

  test('a program of it runs', () => {
    expect(inside('hello')).toBe('Hello, world!\n');
  });
});
