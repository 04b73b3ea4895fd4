// A container of the published image, provisioned, archived and made again; LXD imports the archive and starts it.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { cooper, cooperJson } from '../e2e/cooper.ts';
import { eventually } from '../e2e/lxc/eventually.ts';
import { type Lxd, startLxd } from '../e2e/lxd/daemon.ts';
import { miniName, publishedMini, startServer } from '../e2e/published.ts';
import { treeListing } from '../e2e/tree-listing.ts';
import { describeAsRoot, testAsRoot } from '../setup/as-root.ts';

const webName = `debian/bookworm/${hostArchitecture()}/web`;

/** What an archive leaves to each container, the folders whose content is its own, and what useradd(8) leaves, which is scrubbed. */
const own =
  /^\/(?:etc\/(?:hostname|hosts|machine-id|\.pwd\.lock|(?:passwd|shadow|group|gshadow)-)|dev\/.*|var\/cache\/ldconfig\/aux-cache)$/;

describeAsRoot('the archive of a container', () => {
  let folder: string;
  let home: string;
  let directory: string;
  let keyid: string;

  beforeAll(async () => {
    const mini = await publishedMini();
    folder = mkdtempSync('/var/tmp/cooper-archive-');
    // Container roots have to enter it.
    chmodSync(folder, 0o755);
    home = join(folder, 'home');
    mkdirSync(home);
    cpSync(join(mini.home, 'keys'), join(home, 'keys'), { recursive: true });
    // Blocks that are there need not be compressed again.
    symlinkSync(join(mini.home, 'cache'), join(home, 'cache'));
    keyid = mini.fingerprint;
    writeFileSync(join(folder, 'setup'), 'useradd --system web\ninstall -o web -m 0640 /etc/os-release /srv/of-web\n');
    const server = await startServer(mini.home);
    const words = ['--idmap', 'b:0:2000000:65536', '--run', join(folder, 'setup')];
    const made = await create('c1', miniName, server.url, home, words).finally(() => server.stop());
    expect(made.status, made.stderr).toBe(0);
    const to = ['archive', 'c1', '--image', webName, '--boot-gate', 'never'];
    ({ directory } = await cooperJson<{ directory: string }>(['--home', home, ...to], { seconds: 900 }));
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const create = (name: string, image: string, url: string, into: string, words: readonly string[]) =>
    cooper(['--home', into, 'create', name, image, '--server', url, '--keyid', keyid, ...words]);

  testAsRoot('lists its packages', () => {
    const { packages } = JSON.parse(readFileSync(join(directory, 'packages.json'), 'utf8'));
    const listed = execFileSync('chroot', [join(home, 'containers/c1/rootfs'), 'dpkg-query', '-W'], {
      encoding: 'utf8',
    });
    expect(packages).toHaveLength(listed.trimEnd().split('\n').length);
  });

  testAsRoot('makes a container of the same files, owners, modes and attributes', async () => {
    const server = await startServer(home);
    const into = join(folder, 'other');
    const words = ['--idmap', 'b:0:2000000:65536'];
    const made = await create('c2', webName, server.url, into, words).finally(() => server.stop());
    expect(made.status, made.stderr).toBe(0);
    const listing = (root: string) => new Map([...treeListing(root, [])].filter(([path]) => !own.test(path)));
    const [before, after] = [listing(join(home, 'containers/c1/rootfs')), listing(join(into, 'containers/c2/rootfs'))];
    expect(after).toEqual(before);
    expect(before.get('/srv/of-web')).toMatch(/^f 640 /);
  });

  testAsRoot('is imported by LXD, which starts a container with a name of its own', async () => {
    const own = join(folder, 'of-lxd');
    mkdirSync(own, { mode: 0o755 });
    const lxd: Lxd = await startLxd(own, '/etc/ssl/certs/ca-certificates.crt');
    const lxc = async (...words: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await lxd.lxc(...words);
      expect(status, `lxc ${words.join(' ')}\n${stderr}\n${lxd.said()}`).toBe(0);
      return stdout;
    };
    try {
      await lxc('image', 'import', join(directory, 'lxd.tar.xz'), join(directory, 'rootfs.tar.xz'), '--alias', 'web');
      const { fingerprint } = JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8'));
      expect(await lxc('image', 'list', '--format', 'csv', '--columns', 'F')).toBe(`${fingerprint}\n`);
      await lxc('launch', '--quiet', 'web', 'w1');
      const inside = async (...words: readonly string[]) => (await lxd.lxc('exec', 'w1', '--', ...words)).stdout.trim();
      const state = () => inside('systemctl', 'is-system-running');
      await eventually('systemd has started', 60, state, (answer) => answer === 'running');
      expect(await inside('cat', '/etc/hostname')).toBe('w1');
      expect(await inside('stat', '-c', '%U %a', '/srv/of-web')).toBe('web 640');
      await lxc('delete', '--force', 'w1');
    } finally {
      await lxd.stop();
    }
  });
});
