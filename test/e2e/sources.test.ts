// Images that are not made of packages: busybox, a signed root archive from a server, a folder, a container. Each is built, passes the
// gate, is published, becomes a container by the stock client and by ours, and starts.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { type Loopback, serveRoutes } from '../fetch/loopback.ts';
import { cooper, cooperJson } from './cooper.ts';
import { type Actor, attempt } from './lxc/actor.ts';
import { attach, type Container, discard, start, state } from './lxc/container.ts';
import { eventually } from './lxc/eventually.ts';
import { rootActor } from './lxc/root.ts';
import { createLine, trusting } from './lxc/stock-client.ts';
import { type RunningServer, startServer } from './published.ts';
import { writeDefinition } from './seed-definitions.ts';

interface Built {
  readonly images: readonly { readonly image: string; readonly directory: string; readonly status: string }[];
}

describe.skipIf(process.getuid?.() !== 0)('sources (skipped without root: docs/limits.md, 1)', () => {
  const folder = mkdtempSync('/var/tmp/cooper-sources-');
  const home = join(folder, 'home');
  const definitions = join(folder, 'definitions');
  const containers = join(folder, 'containers');
  let upstream: Loopback;
  let server: RunningServer;
  let actor: Actor;

  const gpg = (...words: string[]) =>
    execFileSync('gpg', ['--homedir', join(folder, 'gnupg'), '--batch', '--yes', '--passphrase', '', ...words]);
  const build = (name: string, ...words: string[]) =>
    cooperJson<Built>(['--home', home, 'build', '--definitions', definitions, '--boot-gate', 'never', ...words, name]);
  const documentOf = <T>({ images }: Built, name: string): T =>
    JSON.parse(readFileSync(join(images[0]?.directory ?? '', name), 'utf8')) as T;

  /** The root of busybox as somebody else would publish it: signed by gpg. */
  const publish = async (directory: string): Promise<void> => {
    mkdirSync(join(folder, 'gnupg'), { mode: 0o700 });
    gpg('--quick-gen-key', 'Publisher <publisher@example.org>', 'ed25519', 'sign', 'never');
    const archive = join(folder, 'root.tar.xz');
    writeFileSync(archive, readFileSync(join(directory, 'rootfs.tar.xz')));
    gpg('--armor', '--detach-sign', archive);
    const files = { '/root.tar.xz': archive, '/root.tar.xz.asc': `${archive}.asc` };
    upstream = await serveRoutes(
      Object.fromEntries(
        Object.entries(files).map(([path, file]) => [path, (_request, response) => response.end(readFileSync(file))]),
      ),
    );
    const signature = `verify: { by: signature, signature: "${upstream.url}/root.tar.xz.asc", keyring: ./keys.asc }`;
    writeDefinition(definitions, 'archived', ['kind: rootfs', `archive: ${upstream.url}/root.tar.xz`, signature]);
    writeFileSync(join(definitions, 'archived/keys.asc'), gpg('--armor', '--export'));
  };

  /** The same root as a container image, made by umoci. */
  const compose = (directory: string): void => {
    writeDefinition(definitions, 'composed', ['kind: oci', 'image: ./layout']);
    const layout = join(definitions, 'composed/layout');
    const bundle = join(folder, 'bundle');
    const umoci = (...words: string[]) => execFileSync('umoci', words);
    umoci('init', '--layout', layout);
    umoci('new', '--image', `${layout}:one`);
    umoci('unpack', '--image', `${layout}:one`, bundle);
    execFileSync('tar', ['-C', join(bundle, 'rootfs'), '--exclude=./dev/*', '-xpf', join(directory, 'rootfs.tar.xz')]);
    umoci('repack', '--image', `${layout}:one`, bundle);
    umoci('config', '--image', `${layout}:one`, '--architecture', hostArchitecture());
  };

  beforeAll(async () => {
    mkdirSync(definitions);
    const { images } = await build('busybox/1.35');
    const directory = images[0]?.directory ?? '';
    await publish(directory);
    compose(directory);
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    execFileSync('tar', ['-C', tree, '-xpf', join(directory, 'rootfs.tar.xz')]);
    // A root that has lived: a password, a log, an identity.
    writeFileSync(join(tree, 'etc/shadow'), 'root:$6$salt$hash:20000:0:99999:7:::\n');
    writeFileSync(join(tree, 'var/log/messages'), 'secret\n');
    writeFileSync(join(tree, 'etc/resolv.conf'), 'nameserver 192.0.2.1\n');
    writeDefinition(
      definitions,
      'folder',
      ['kind: directory', `path: ${tree}`],
      ['files: [{ path: /etc/resolv.conf, content: "nameserver 192.0.2.2\\n" }]'],
    );
    writeDefinition(definitions, 'lived', ['kind: container', 'name: seed']);
    const create = ['--home', home, 'create', '--path', join(home, 'containers'), 'seed', 'local:busybox/1.35'];
    expect(await cooper(create)).toMatchObject({ status: 0 });
    actor = rootActor(join(inject('testHome'), 'sources'));
  });

  afterAll(async () => {
    await server?.stop();
    await upstream?.close();
    await actor?.leave();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a folder and a container need their allowance', async () => {
    for (const [name, option] of [
      ['folder/one', `--allow bind=${join(folder, 'tree')}`],
      ['lived/one', '--allow container=seed'],
    ]) {
      const { status, stderr } = await cooper(['--home', home, 'build', '--definitions', definitions, name ?? '']);
      expect(status).not.toBe(0);
      expect(stderr).toContain('isolation-not-allowed');
      expect(stderr).toContain(option);
    }
  });

  test.each([
    ['archived', [], 'rootfs', 'signature', 1],
    ['composed', [], 'oci', 'machine', 2],
    ['folder', ['--allow', `bind=${join(folder, 'tree')}`], 'directory', 'machine', 1],
    ['lived', ['--allow', 'container=seed'], 'container', 'machine', 1],
  ])('%s is built, and says what vouches for it', async (name, words, kind, vouched, parts) => {
    const built = await build(`${name}/one`, ...words);
    expect(built.images).toMatchObject([{ status: 'built' }]);
    expect(documentOf(built, 'image.json')).toMatchObject({ source: { kind, vouched } });
    const { source } = documentOf<{ source: { seed: readonly unknown[] } }>(built, 'image.lock.json');
    expect(source.seed).toHaveLength(parts);
    const again = await build(`${name}/one`, ...words);
    expect(again.images).toMatchObject([{ status: 'unchanged' }]);
  });

  test.each([
    ['busybox/1.35', []],
    ['archived/one', []],
    ['folder/one', ['--allow', `bind=${join(folder, 'tree')}`]],
  ])('%s is built again from its lock file, byte for byte', async (name, words) => {
    const rebuild = ['--home', home, 'rebuild', '--check', '--definitions', definitions, ...words, name];
    const { status, stderr } = await cooper(rebuild);
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });

  test('nothing that a root has lived goes into its image', async () => {
    const { images } = await build('folder/one', '--allow', `bind=${join(folder, 'tree')}`);
    const archive = join(images[0]?.directory ?? '', 'rootfs.tar.xz');
    const shadow = execFileSync('tar', ['-xOf', archive, './etc/shadow'], { encoding: 'utf8' });
    expect(shadow).toMatch(/^root:\*:/);
    const resolver = execFileSync('tar', ['-xOf', archive, './etc/resolv.conf'], { encoding: 'utf8' });
    expect(resolver).toBe('nameserver 192.0.2.2\n');
    // What was there before lies in the cache, for nobody else.
    expect(statSync(join(home, 'cache/private')).mode & 0o777).toBe(0o700);
    expect(execFileSync('tar', ['-tf', archive], { encoding: 'utf8' })).not.toContain('var/log/messages');
  });

  test('an archive that its publisher has replaced is fetched anew', async () => {
    const archive = join(folder, 'root.tar.xz');
    const tree = join(folder, 'newer');
    mkdirSync(tree);
    execFileSync('tar', ['-C', tree, '-xpf', archive]);
    writeFileSync(join(tree, 'etc/newer'), 'yes\n');
    execFileSync('tar', ['-C', tree, '-cJf', archive, '.']);
    gpg('--armor', '--detach-sign', archive);
    const built = await build('archived/one');
    expect(built.images).toMatchObject([{ status: 'built' }]);
    const listing = execFileSync('tar', ['-tf', join(built.images[0]?.directory ?? '', 'rootfs.tar.xz')]);
    expect(listing.toString()).toContain('./etc/newer');
  });

  test.each(['busybox', 'archived', 'composed', 'folder', 'lived'])(
    '%s starts in a container of the stock client',
    async (distribution) => {
      server ??= await startServer(home, ['--tls', 'self-signed']);
      const container: Container = { actor, name: `source-${distribution}` };
      const release = distribution === 'busybox' ? '1.35' : 'one';
      const line = createLine(container, server, { distribution, release, variant: 'default' });
      try {
        expect(await attempt(actor, line, 60, trusting(actor, server))).toMatchObject({ status: 0 });
        await start(container);
        const { output } = await attach(container, 'ps');
        expect(output).toMatch(/\b1 root\s+init\b/);
        await attempt(actor, ['lxc-stop', '-n', container.name, '-P', actor.lxcPath], 30);
        await eventually(
          'the end of init',
          10,
          () => state(container),
          (now) => now === 'STOPPED',
        );
      } finally {
        await discard(container);
      }
    },
  );

  test.each(['busybox/1.35', 'archived/one', 'composed/one', 'folder/one', 'lived/one'])(
    '%s runs in a container of ours',
    async (name) => {
      const own = ['--path', containers];
      const container = `own-${name.replace(/\/.*/, '')}`;
      expect(await cooper(['--home', home, 'create', ...own, container, `local:${name}`])).toMatchObject({ status: 0 });
      const { status, stdout } = await cooper(['--home', home, 'run', ...own, container, '--', 'busybox', 'arch']);
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: `${hostArchitecture() === 'amd64' ? 'x86_64' : 'aarch64'}\n`,
      });
    },
  );
});
