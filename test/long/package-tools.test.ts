// Package managers of other families, by the real programs in a root of Debian's: dnf, zypper and pacman install from small repositories,
// bring up to date, take away and clean, believe a repository by its key alone, and what they refuse is told in words. `npm run test:long`, for the root takes half a minute.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import type { Programs } from '../../provision/package-tools/tool.ts';
import { packageManagers } from '../../provision/package-tools.ts';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper, cooperJson } from '../e2e/cooper.ts';
import { describeAsRoot } from '../setup/as-root.ts';

/** What asks for a package. Debian's rpm has its database in the home folder, unless somebody says where, as zypper does. */
const managers = {
  zypper: ['rpm', '--dbpath', '/var/lib/rpm', '-q'],
  dnf: ['rpm', '--dbpath', '/root/.rpmdb', '-q'],
  pacman: ['pacman', '-Q'],
} as const;
type Manager = keyof typeof managers;
const names = Object.keys(managers) as Manager[];

const tools = 'dnf, zypper, pacman-package-manager, rpm, createrepo-c, makepkg, libarchive-tools, gnupg';
const signedRepositories = fileURLToPath(new URL('package-tools/signed.sh', import.meta.url));
const repositories = fileURLToPath(new URL('package-tools/repositories.sh', import.meta.url));

describeAsRoot('in a root that has', () => {
  let folder: string;
  const rootfs = () => join(folder, 'c1/rootfs');
  const inside = (argv: readonly string[]) =>
    execFileSync('chroot', [rootfs(), ...argv], { encoding: 'utf8', stdio: 'pipe' });
  const provision = (...words: string[]) =>
    cooper(['--home', join(folder, 'home'), 'provision', 'c1', '--path', folder, ...words]);
  const install = (name: string) => provision('--packages', name);

  /** Of all that the root has, one is left, so that it is chosen. */
  function leave(wanted: Manager): void {
    for (const name of ['apt-get', ...names]) {
      const [there, away] = [join(rootfs(), 'usr/bin', name), join(rootfs(), 'usr/bin', `${name}.away`)];
      if (name === wanted && existsSync(away)) renameSync(away, there);
      if (name !== wanted && existsSync(there)) renameSync(there, away);
    }
  }

  async function fill(signatures: '0' | '1'): Promise<void> {
    writeFileSync(join(rootfs(), 'srv/signatures'), signatures);
    const { status, stderr } = await provision('--run', repositories);
    expect(status, stderr).toBe(0);
    for (const cache of ['var/cache/dnf', 'var/cache/zypp', 'var/lib/pacman/sync', 'var/cache/pacman/pkg']) {
      rmSync(join(rootfs(), cache), { recursive: true, force: true });
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-managers-');
    const definition = join(folder, 'definitions/debian');
    cpSync(fileURLToPath(new URL('../../variants/debian', import.meta.url)), definition, { recursive: true });
    const file = join(definition, 'definition.yaml');
    const variant = `variants:\n  tools:\n    extends: mini\n    packages: [${tools}]\n`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('variants:\n', variant));
    mkdirSync(join(folder, 'c1'));
    const image = `debian/bookworm/${hostArchitecture()}/tools`;
    const words = ['rootfs', image, rootfs(), '--definitions', join(folder, 'definitions')];
    await cooperJson(['--home', inject('testHome'), ...words], { seconds: 900 });
    writeFileSync(join(folder, 'c1/config'), `lxc.uts.name = c1\nlxc.rootfs.path = dir:${rootfs()}\n`);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(names)(
    '%s, nothing is installed that nobody has signed',
    async (name) => {
      await fill('1');
      leave(name);
      const { status, stderr } = await install('greeting');
      expect(status, stderr).toBe(1);
      expect(stderr).toContain('no key that the root trusts has signed');
      expect(existsSync(join(rootfs(), 'usr/share/greeting'))).toBe(false);
    },
    120_000,
  );

  it.each(names)(
    '%s, a package is installed, and it is told why others are not',
    async (name) => {
      await fill('0');
      leave(name);
      expect((await install('nosuch')).stderr).toContain('there is no package nosuch in the sources of the root');
      expect((await install('needy')).stderr).toMatch(
        /nothing provides '?nowhere'?, which needy\S* needs \[packages-not/,
      );
      const greeting = await install('greeting');
      expect(greeting.status, greeting.stderr).toBe(0);
      expect(readFileSync(join(rootfs(), 'usr/share/greeting/text'), 'utf8')).toBe('hello\n');
      expect(inside([...managers[name], 'greeting'])).toContain('greeting');
      const broken = await install('broken');
      expect(broken.status).toBe(1);
      expect(broken.stderr).toMatch(/a script of (the package broken|a package) failed/);
    },
    120_000,
  );

  const rowOf = (name: Manager) => packageManagers.find((row) => row.name === name);
  const readGrowing = () => readFileSync(join(rootfs(), 'usr/share/growing/text'), 'utf8');

  /** Runs them as the steps of a provision are run. */
  async function runPrograms(programs: Programs): Promise<void> {
    const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
    const file = join(folder, 'programs');
    writeFileSync(file, `#!/bin/sh\nset -e\n${programs.map((argv) => argv.map(quoted).join(' ')).join('\n')}\n`);
    const { status, stderr } = await provision('--run', file);
    expect(status, stderr).toBe(0);
  }

  /** What would be in the way of the next manager, which has a database of its own. */
  function forget(): void {
    for (const path of [
      ...['usr/share/greeting', 'usr/share/growing', 'usr/share/friend', 'root/.rpmmacros'],
      ...['etc/yum.repos.d/next.repo', 'etc/zypp/repos.d/next.repo'],
    ]) {
      rmSync(join(rootfs(), path), { recursive: true, force: true });
    }
  }
  afterEach(forget);

  /** The repository of the newer package, as one whose packages that key signs. */
  async function addRepository(name: Manager, signer: string): Promise<void> {
    const url = `file:///srv/next/${name === 'pacman' ? 'pac' : 'rpms'}`;
    const key = readFileSync(join(rootfs(), `srv/keys/${signer}.asc`), 'utf8');
    const setting = rowOf(name)?.repository?.({ name: 'next', url, key, keyName: `${signer}.asc` });
    for (const { path, text } of setting?.files ?? []) {
      mkdirSync(dirname(join(rootfs(), path)), { recursive: true });
      writeFileSync(join(rootfs(), path), text);
    }
    await runPrograms(setting?.programs ?? []);
  }

  // Where packages lie once they were fetched, and the lists of what there is.
  const caches = {
    zypper: ['var/cache/zypp/packages', 'var/cache/zypp/raw', 'var/cache/zypp/solv/next'],
    dnf: ['var/cache/dnf'],
    pacman: ['var/cache/pacman/pkg'],
  } as const;
  const cached = (name: Manager) =>
    caches[name].flatMap((place) => {
      const path = join(rootfs(), place);
      return existsSync(path) ? readdirSync(path, { recursive: true }).map(String) : [];
    });

  it.each(names)(
    '%s, a repository is believed by its key, brings packages up to date, and what was fetched and installed goes',
    async (name) => {
      await fill('0');
      leave(name);
      // Debian's rpm would have the key of zypper elsewhere.
      const macros = join(rootfs(), 'root/.rpmmacros');
      if (name === 'zypper') writeFileSync(macros, '%_dbpath /var/lib/rpm\n');
      const before = await install('growing');
      expect(before.status, before.stderr).toBe(0);
      const made = await provision('--run', signedRepositories);
      expect(made.status, made.stderr).toBe(0);

      await addRepository(name, 'other');
      const refused = await provision('--update-packages');
      expect(refused.status, refused.stdout).toBe(1);
      expect(refused.stderr).toContain('no key that the root trusts has signed');
      expect(readGrowing()).toBe('hello\n');

      await addRepository(name, 'signer');
      const updated = await provision('--update-packages');
      expect(updated.status, updated.stderr).toBe(0);
      expect(readGrowing()).toBe('hello again\n');
      expect(inside([...managers[name], 'growing'])).toContain('2.0');
      // Who has no package at all is no case of zypper's.
      const friend = await install('friend');
      expect(friend.status, friend.stderr).toBe(0);

      const removed = await provision('--packages=-growing');
      expect(removed.status, removed.stderr).toBe(0);
      expect(existsSync(join(rootfs(), 'usr/share/growing'))).toBe(false);

      expect(cached(name)).not.toEqual([]);
      await runPrograms(rowOf(name)?.clean ?? []);
      expect(cached(name).filter((path) => /\.(?:rpm|solv|gz)$/.test(path))).toEqual([]);
    },
    240_000,
  );
});
