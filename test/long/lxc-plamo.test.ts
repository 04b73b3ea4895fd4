// lxc-plamo, unmodified, against a Plamo Linux in miniature: it fetches the packages of a category by wget, has the pkgtools among them
// install all of them, and sets the root up for a container.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Files } from '../builder/source/debian/signed-archive.ts';
import { addListings, makePackage, type PackageContent } from '../builder/source/pkgtools/made-packages.ts';
import { cooperJson } from '../e2e/cooper.ts';
import { attempt } from '../e2e/lxc/actor.ts';
import { attach, type Container, discard, start } from '../e2e/lxc/container.ts';
import { rootActor } from '../e2e/lxc/root.ts';
import { createLine, trusting } from '../e2e/lxc/stock-client.ts';
import { plamoMirror, release } from '../e2e/plamo-mirror.ts';
import { startServer } from '../e2e/published.ts';
import { writeDefinition } from '../e2e/seed-definitions.ts';
import { describeAsRoot } from '../setup/as-root.ts';

/** As far as lxc-plamo calls it: `installpkg -root ROOT -priority ADD PACKAGE`. */
const installpkg = `#!/bin/bash -e
while [ $# -gt 1 ]; do case $1 in -root) root=$2 ;; esac; shift 2; done
tar -C "$root" -xpf "$1"
cd "$root"
if [ -f install/doinst.sh ]; then sh install/doinst.sh -install; fi
rm -rf install
basename "$1" > "var/log/packages/$(basename "$1" | sed 's/-[^-]*-[^-]*-[^-]*$//')"
`;

const others = ['installpkg2', 'installpkg2.mes', 'makepkg', 'updatepkg', 'removepkg'];

/** What lxc-plamo counts on besides the packages of the miniature. */
const packages: Readonly<Record<string, PackageContent>> = {
  'pkgtools8-8.0-noarch-B1.txz': {
    files: {
      'sbin/installer_new/zstd-1.5': 'a program\n',
      'sbin/new_installpkg': { mode: 0o755, text: installpkg },
      ...Object.fromEntries(others.map((name) => [`sbin/new_${name}`, 'not called\n'])),
    },
  },
  'sysvinit-3.0-noarch-B1.txz': {
    files: {
      'etc/fstab': '',
      'etc/pam.d/login': 'session required pam_loginuid.so\n',
      'etc/rc.d/init.d/rc': '#!/bin/sh\n',
      'etc/sysconfig/': '',
    },
  },
};

describeAsRoot('lxc-plamo', () => {
  const home = inject('testHome');
  const folder = mkdtempSync('/var/tmp/cooper-lxc-plamo-');
  const definitions = join(folder, 'definitions');
  let mirror: Server;

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    mkdirSync(definitions);
    const made = mkdtempSync(join(folder, 'made-'));
    const files = plamoMirror(made);
    for (const [name, content] of Object.entries(packages)) {
      files.set(`${release}/plamo/00_base/${name}`, makePackage(made, name, content));
    }
    addListings(files, release);
    mirror = await serveLikeApache(files);
    await cooperJson(['--home', home, 'build', '--boot-gate', 'never', 'lxc-tools/bookworm'], { seconds: 900 });
  }, 900_000);

  afterAll(() => {
    mirror?.close();
    mirror?.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes a root of the packages of a mirror, which starts', async () => {
    const upstream = 'http://repository.plamolinux.org/pub/linux/Plamo';
    const source = [
      'kind: template',
      'script: /usr/share/lxc/templates/lxc-plamo',
      'tools: lxc-tools/bookworm',
      'options: ["--release", "8.x", "--arch", "{machine}"]',
      'environment: { DLSCHEME: http }',
    ];
    writeDefinition(definitions, 'plamo', source, [`network: { proxy: { upstreams: { main: "${upstream}" } } }`]);
    const { port } = mirror.address() as AddressInfo;
    const words = [
      'build',
      '--definitions',
      definitions,
      '--boot-gate',
      'never',
      '--mirror',
      `http://127.0.0.1:${port}`,
    ];
    const { images } = await cooperJson<{ images: readonly { directory: string }[] }>([
      '--home',
      home,
      ...words,
      'plamo/one',
    ]);
    const archive = join(images[0]?.directory ?? '', 'rootfs.tar.xz');
    const text = (name: string) => execFileSync('tar', ['-xOf', archive, name], { encoding: 'utf8' });
    expect(text('./etc/pam.d/login')).toBe('#session required pam_loginuid.so\n');
    expect(text('./etc/shadow')).toMatch(/^root:\*:/);
    const listing = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' });
    expect(listing).toContain('./var/log/packages/busybox\n');
    expect(listing).not.toMatch(/vmlinuz|bin\/older|debootstrap/);
    await starts();
  }, 300_000);

  async function starts(): Promise<void> {
    const server = await startServer(home, ['--tls', 'self-signed']);
    const actor = rootActor(join(folder, 'root'));
    const container: Container = { actor, name: 'lxc-plamo' };
    const line = createLine(container, server, { distribution: 'plamo', release: 'one', variant: 'default' });
    try {
      expect(await attempt(actor, line, 60, trusting(actor, server))).toMatchObject({ status: 0 });
      await start(container);
      expect((await attach(container, '/bin/cat', '/etc/os-release')).output).toContain('ID=plamo');
    } finally {
      await discard(container);
      await actor.leave();
      await server.stop();
    }
  }
});

/** Folders by their listings; without the slash they are redirected. */
async function serveLikeApache(files: Files): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const bytes = files.get(path);
    if (bytes !== undefined)
      response.writeHead(200, path.endsWith('/') ? { 'content-type': 'text/html' } : {}).end(bytes);
    else if (files.has(`${path}/`)) response.writeHead(301, { location: `${request.url}/` }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
