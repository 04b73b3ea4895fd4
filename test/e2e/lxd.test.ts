// Stock LXD against a server of ours: it finds the image by its aliases, starts it, and refuses one that is not what the list says.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { describeAsRoot, testAsRoot } from '../setup/as-root.ts';
import { eventually } from './lxc/eventually.ts';
import { type Lxd, startLxd } from './lxd/daemon.ts';
import { type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';
import { spoiltHome } from './spoilt-home.ts';

describeAsRoot('LXD', () => {
  let folder: string;
  let mini: PublishedMini;
  let server: RunningServer;
  let lxd: Lxd;

  beforeAll(async () => {
    // Container roots have to enter it, and the dir pool wants room.
    folder = mkdtempSync('/var/tmp/cooper-lxd-');
    chmodSync(folder, 0o755);
    mini = await publishedMini();
    server = await startServer(mini.home, ['--tls', 'self-signed']);
    lxd = await startLxd(folder, server.caFile ?? '');
    await lxc('remote', 'add', 'cooper', server.url, '--protocol', 'simplestreams');
  }, 900_000);
  afterAll(async () => {
    await lxd?.lxc('delete', '--force', 'c1');
    await lxd?.stop();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function lxc(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await lxd.lxc(...words);
    expect(status, `lxc ${words.join(' ')}\n${stderr}\n${lxd.said()}`).toBe(0);
    return stdout;
  }

  testAsRoot('lists the image with its aliases and its fingerprint', async () => {
    const { fingerprint, build } = JSON.parse(readFileSync(join(mini.directory, 'image.json'), 'utf8'));
    const images = JSON.parse(await lxc('image', 'list', 'cooper:', '--format', 'json'));
    expect(images).toMatchObject([
      { fingerprint, properties: { os: 'debian', release: 'bookworm', serial: build, variant: 'mini', version: '12' } },
    ]);
    const names = images[0].aliases.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['debian/bookworm/mini', 'debian/12/mini']));
    expect(names).toContain(`debian/bookworm/mini/${hostArchitecture()}`);
  });

  testAsRoot('refuses a root filesystem in which one bit was turned', async () => {
    const tls = join(mini.home, 'tls');
    const words = ['--tls-cert', join(tls, 'server.crt'), '--tls-key', join(tls, 'server.key')];
    const spoilt = await startServer(spoiltHome(join(folder, 'spoilt'), mini, 'rootfs.tar.xz'), words);
    try {
      await lxc('remote', 'add', 'spoilt', spoilt.url, '--protocol', 'simplestreams');
      const { status, stderr } = await lxd.lxc('launch', 'spoilt:debian/bookworm/mini', 'c0');
      expect(status).toBe(1);
      expect(stderr).toMatch(/hash|fingerprint/i);
      expect(await lxc('list', '--format', 'csv')).toBe('');
      expect(await lxc('image', 'list', 'local:', '--format', 'csv')).toBe('');
    } finally {
      await spoilt.stop();
    }
  });

  testAsRoot('starts a container of it: systemd runs, and its name is that of the container', async () => {
    await lxc('launch', '--quiet', 'cooper:debian/12/mini', 'c1');
    const inside = async (...words: readonly string[]) => (await lxd.lxc('exec', 'c1', '--', ...words)).stdout.trim();
    const state = () => inside('systemctl', 'is-system-running');
    await eventually('systemd has started', 30, state, (answer) => answer === 'running');
    expect(await inside('hostname')).toBe('c1');
    expect(await inside('cat', '/etc/hostname')).toBe('c1');
    expect(await inside('getent', 'hosts', '127.0.1.1')).toMatch(/\sc1$/);
    await lxc('delete', '--force', 'c1');
    expect(await lxc('list', '--format', 'csv')).toBe('');
  });

  testAsRoot('leaves no process and no mount behind', async () => {
    await lxd.lxc('delete', '--force', 'c1');
    await lxd.stop();
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(folder);
    const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    expect(lines.map(commandLine).filter((line) => line.includes(join(folder, 'lxd')))).toEqual([]);
  });

  /** Empty for a process that has ended meanwhile. */
  function commandLine(pid: string): string {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  }
});
