// A Plamo Linux in miniature from a mirror on loopback, all the way: built, published, made into containers by the stock client and by
// ours, and started. What GNU tar, getcap and the programs in the container say of it is what counts.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Files } from '../builder/source/debian/signed-archive.ts';
import { serveArchive } from '../builder/source/debian/signed-archive.ts';
import { addListings, makePackage } from '../builder/source/pkgtools/made-packages.ts';
import type { Loopback } from '../fetch/loopback.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson } from './cooper.ts';
import { attempt } from './lxc/actor.ts';
import { attach, type Container, discard, start } from './lxc/container.ts';
import { eventually } from './lxc/eventually.ts';
import { rootActor } from './lxc/root.ts';
import { plamoDefinition, plamoMirror, release } from './plamo-mirror.ts';
import { type RunningServer, startServer } from './published.ts';

const name = 'plamo/8.x/amd64/mini';
let folder: string;
let home: string;
let files: Files;
let mirror: Loopback;
let second: Loopback;
let directory: string;

interface Built {
  readonly images: readonly { readonly directory: string; readonly status: string }[];
}

const define = (more?: string) => {
  for (const [path, text] of Object.entries(plamoDefinition(mirror.url, more))) {
    const file = join(folder, 'definitions/plamo', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
};
const build = (...words: readonly string[]) => ['--home', home, 'build', '--definitions', join(folder, 'definitions'), ...words];

describeAsRoot('a Plamo Linux', () => {
  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-plamo-');
    chmodSync(folder, 0o755);
    home = join(folder, 'home');
    files = plamoMirror(mkdtempSync(join(folder, 'made-')));
    [mirror, second] = await Promise.all([serveArchive(files), serveArchive(files)]);
    define();
    const { images } = await cooperJson<Built>(build(name));
    directory = images[0]?.directory ?? '';
  });
  afterAll(async () => {
    await Promise.all([mirror?.close(), second?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const archive = (...words: readonly string[]) =>
    execFileSync('tar', ['-xJOf', join(directory, 'rootfs.tar.xz'), ...words], { encoding: 'utf8' });

  test('has what its packages bring, as their scripts leave it, and nothing of the installation', () => {
    const listing = execFileSync('tar', ['--numeric-owner', '-tvJf', join(directory, 'rootfs.tar.xz')], { encoding: 'utf8' });
    expect(listing).toMatch(/^lrwxrwxrwx 0\/0 .* \.\/bin\/sh -> busybox$/m);
    expect(listing).toMatch(/^lrwxrwxrwx 0\/0 .* \.\/sbin\/init -> \.\.\/bin\/busybox$/m);
    expect(listing).toMatch(/^-rwsr-xr-x 0\/0 .* \.\/usr\/bin\/app$/m);
    expect(listing).toMatch(/^hrwsr-xr-x 0\/0 .* \.\/usr\/bin\/app-too link to \.\/usr\/bin\/app$/m);
    expect(listing).toMatch(/^drwxrwxrwt 0\/0 .* \.\/tmp\/$/m);
    expect(listing).toContain('./usr/bin/odd\\nname \\\\ ä\n');
    expect(listing).not.toMatch(/vmlinuz|bin\/old|qrq|install|app\.conf\.new/);
    expect(archive('./etc/app.conf')).toBe('answer = 42\n');
    expect(archive('./var/lib/app')).toBe('configured\n');
    expect(archive('./etc/shadow')).toMatch(/^root:\*:/);
  });

  test('has the records that pkgtools keep', () => {
    expect(archive('./var/log/packages/app_tools-1.0-x86_64-B1')).toMatch(
      /^PACKAGE NAME: {5}app_tools-1\.0-x86_64-B1\nCOMPRESSED PACKAGE SIZE: {5}\d+K\nUNCOMPRESSED PACKAGE SIZE: {5}\d+K\nPACKAGE LOCATION: plamo\/01_minimum\/net\.txz\/app_tools-1\.0-x86_64-B1\.tgz\nPACKAGE DESCRIPTION:\napp_tools: something with a script\napp_tools:\nFILE LIST:\n\.\/\n/,
    );
    expect(archive('./var/log/packages/app_tools-1.0-x86_64-B1')).toContain('usr/bin/odd\\nname \\\\ \\303\\244\n');
    expect(archive('./var/log/scripts/busybox-1.35-x86_64-B2')).toContain('ln -sf busybox sh');
    expect(archive('./var/log/initpkg/app_tools')).toBe('echo what is your name\n');
    const { packages } = JSON.parse(readFileSync(join(directory, 'packages.json'), 'utf8'));
    expect(packages.map((item: { name: string; version: string }) => `${item.name} ${item.version}`)).toEqual([
      'aaa_base 8.0-B1',
      'busybox 1.35-B2',
      'app_tools 1.0-B1',
      'morse 2.5-B1',
    ]);
  });

  test('says plainly that nobody has signed it', async () => {
    expect(JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8')).source).toEqual({
      kind: 'plamo',
      vouched: 'first-use',
    });
    const { stdout } = await cooper(['--home', home, 'show', name]);
    expect(stdout).toContain('nobody has signed its packages: they are what was fetched first');
  });

  test('is not built again, and nothing is fetched again, while nothing has changed', async () => {
    const before = [...mirror.asked].filter(([path]) => path.includes('-x86_64-')).length;
    const { images } = await cooperJson<Built>(build(name));
    expect(images[0]?.status).toBe('unchanged');
    expect([...mirror.asked].filter(([path]) => path.includes('-x86_64-')).length).toBe(before);
    for (const [path, times] of mirror.asked) if (path.includes('-x86_64-')) expect(times).toBe(1);
  });

  test('is built again from its lock file, with the same bytes', async () => {
    const outcome = await cooper(['--home', home, 'rebuild', name, '--check', '--definitions', join(folder, 'definitions')]);
    expect(outcome.status, outcome.stderr).toBe(0);
  });

  const changed = (path: string, files_: Files, content: Parameters<typeof makePackage>[2]) => {
    files_.set(path, makePackage(mkdtempSync(join(folder, 'made-')), path.slice(path.lastIndexOf('/') + 1), content));
    addListings(files_, release);
  };
  const refused = async (code: string, ...words: readonly string[]): Promise<string> => {
    const { status, stderr } = await cooper(build('--force', '--boot-gate', 'never', ...words));
    expect(status, stderr).not.toBe(0);
    expect(stderr).toContain(`[${code}]`);
    expect(readdirSync(join(home, 'builds')).filter((each) => existsSync(join(home, 'builds', each, 'roots')))).toEqual([]);
    return stderr;
  };
  const morse = `${release}/contrib/Hamradio/morse-2.5-x86_64-B1.txz`;

  test('another file under the name of one that was fetched first is refused, with what to do', async () => {
    const right = files.get(morse) ?? Buffer.alloc(0);
    rmSync(join(home, 'cache/packages'), { recursive: true });
    files.set(morse, makePackage(mkdtempSync(join(folder, 'made-')), 'morse-2.5-x86_64-B1.txz', { files: { x: 'x' } }));
    const said = await refused('first-use-changed', name);
    expect(said).toMatch(/take contrib\/Hamradio\/morse-2\.5-x86_64-B1\.txz out of .*\/trust\/archives\/packages-[0-9a-f]{16}\.json/);
    files.set(morse, right);
  });

  test('two mirrors have to agree; then that is what the image says', async () => {
    define(`  compare: ${second.url}/${release}\n`);
    const other: Files = new Map(files);
    const third = await serveArchive(other);
    other.set(morse, Buffer.from('something else'));
    define(`  compare: ${third.url}/${release}\n`);
    expect(await refused('mirrors-disagree', name)).toContain('contrib/Hamradio/morse-2.5-x86_64-B1.txz');
    other.delete(morse);
    await refused('package-missing', name);
    await third.close();
    define(`  compare: ${second.url}/${release}\n`);
    const { images } = await cooperJson<Built>(build('--force', '--boot-gate', 'never', name));
    const manifest = JSON.parse(readFileSync(join(images[0]?.directory ?? '', 'image.json'), 'utf8'));
    expect(manifest.source).toEqual({ kind: 'plamo', vouched: 'mirrors' });
    define();
  });

  test.each([
    ['a script that fails', 'bad-1.0-noarch-B1', { files: {}, doinst: 'echo no\nexit 3\n' }, 'maintainer-script-failed', 'status 3'],
    ['a script that hangs', 'bad-2.0-noarch-B1', { files: {}, doinst: 'sleep 600\n' }, 'script-timeout', 'bad-2.0'],
  ] as const)('%s', async (_what, stem, content, code, said) => {
    const path = `${release}/plamo/01_minimum/${stem}.txz`;
    changed(path, files, content);
    define('isolation: { seconds: 2 }\n');
    expect(await refused(code, name)).toContain(said);
    files.delete(path);
    addListings(files, release);
    define();
  });

  test('a missing category is named', async () => {
    const page = files.get(`${release}/plamo/01_minimum/`);
    files.delete(`${release}/plamo/01_minimum/`);
    expect(await refused('component-missing', name)).toContain('plamo/01_minimum');
    files.set(`${release}/plamo/01_minimum/`, page ?? Buffer.alloc(0));
  });

  test('a page instead of a listing is refused', async () => {
    const page = files.get(`${release}/plamo/01_minimum/`);
    files.set(`${release}/plamo/01_minimum/`, Buffer.from('<html><a href="evil-1-x86_64-1.txz">Log in</a></html>'));
    expect(await refused('package-list-malformed', name)).toContain('not the listing of a folder');
    files.set(`${release}/plamo/01_minimum/`, page ?? Buffer.alloc(0));
  });

  test('starts as a container of `cooper create` and of the stock client', async () => {
    const actor = rootActor(join(folder, 'lxc'));
    const server = await startServer(home, ['--tls', 'self-signed']);
    try {
      for (const container of [{ actor, name: 'ours' }, { actor, name: 'stock' }]) {
        await create(container, server);
        await starts(container);
      }
    } finally {
      await server.stop();
      await actor.leave();
    }
  });
});

async function create({ actor, name: container }: Container, server: RunningServer): Promise<void> {
  if (container === 'ours') {
    const outcome = await cooper(['--home', home, 'create', container, `local:${name}`, '--path', actor.lxcPath, '--idmap', 'none']);
    expect(outcome.status, outcome.stderr).toBe(0);
    // No bridge is counted on.
    const config = join(actor.lxcPath, container, 'config');
    const text = readFileSync(config, 'utf8').replaceAll(/^lxc\.net\..*\n/gm, '');
    writeFileSync(config, `${text}lxc.net.0.type = empty\n`);
    return;
  }
  const image = ['-d', 'plamo', '-r', '8.x', '-a', 'amd64', '--variant', 'mini'];
  const words = ['lxc-create', '-n', container, '-P', actor.lxcPath, ...actor.createWords, '-t', 'download', '--'];
  const trust = join(actor.home, 'wgetrc');
  writeFileSync(trust, `ca_certificate=${server.caFile ?? ''}\n`);
  const made = await attempt(actor, [...words, '--server', `127.0.0.1:${server.port}`, ...image], 60, { WGETRC: trust });
  expect(made.status, made.output).toBe(0);
}

async function starts(container: Container): Promise<void> {
  try {
    await start(container);
    const ask = () => attach(container, '/bin/cat', '/run/started', '/etc/hostname');
    const { output } = await eventually('its init', 20, ask, ({ status }) => status === 0);
    expect(output).toBe(`started\n${container.name}\n`);
    expect((await attach(container, '/usr/bin/app')).output).toBe('answer = 42\n');
  } finally {
    await discard(container);
  }
}
