// A Plamo Linux in miniature from a mirror on loopback, all the way: built, published, made into containers by the stock client and by
// ours, and started. What GNU tar and the programs in the container say of it is what counts.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Files, serveArchive } from '../builder/source/debian/signed-archive.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson } from './cooper.ts';
import { rootActor } from './lxc/root.ts';
import { containerOf, createByStockClient, lifeOf, lived, PlamoBed, plamoName } from './plamo-bed.ts';
import { release } from './plamo-mirror.ts';
import { startServer } from './published.ts';

let bed: PlamoBed;
let directory: string;

interface Built {
  readonly images: readonly { readonly directory: string; readonly status: string }[];
}

describeAsRoot('a Plamo Linux', () => {
  beforeAll(async () => {
    bed = await PlamoBed.open();
    const { images } = await cooperJson<Built>(bed.words('--boot-gate', 'never'));
    directory = images[0]?.directory ?? '';
  });
  afterAll(() => bed?.remove());

  const tar = (...words: readonly string[]) =>
    execFileSync('tar', [...words, '-f', join(directory, 'rootfs.tar.xz')], { encoding: 'utf8' });
  const read = (path: string) =>
    execFileSync('tar', ['-xJOf', join(directory, 'rootfs.tar.xz'), path], { encoding: 'utf8' });

  test('has what its packages bring, as their scripts leave it, and nothing of the installation', () => {
    const listing = tar('--numeric-owner', '--quoting-style=escape', '-tvJ');
    expect(listing).toMatch(/^lrwxrwxrwx 0\/0 .* \.\/bin\/sh -> busybox$/m);
    expect(listing).toMatch(/^lrwxrwxrwx 0\/0 .* \.\/sbin\/init -> \.\.\/bin\/busybox$/m);
    expect(listing).toMatch(/^-rwsr-xr-x 0\/0 .* \.\/usr\/bin\/app$/m);
    expect(listing).toMatch(/^hrwsr-xr-x 0\/0 .* \.\/usr\/bin\/app-too link to \.\/usr\/bin\/app$/m);
    expect(listing).toMatch(/^drwxrwxrwt 0\/0 .* \.\/tmp\/$/m);
    expect(listing).toMatch(/ \.\/usr\/bin\/odd\\nname \\\\ /);
    expect(listing).not.toMatch(/vmlinuz|bin\/old|qrq|install|app\.conf\.new/);
    expect(tar('--xattrs', '--xattrs-include=*', '-tvvJ')).toMatch(
      /\/usr\/bin\/pinger\n\s+x:\s*\d+ security\.capability/,
    );
    expect(read('./etc/app.conf')).toBe('answer = 42\n');
    expect(read('./var/lib/app')).toBe('configured\n');
    expect(read('./etc/shadow')).toMatch(/^root:\*:/);
  });

  test('is packed package by package, with what scripts have made of their files', () => {
    const names = tar('--quoting-style=literal', '-tJ').split('\n');
    const order = ['bin/busybox', 'bin/b\u00e4s', 'bin/sh', 'etc/app.conf', 'usr/bin/morse', 'etc/hostname'];
    const places = order.map((name) => names.indexOf(`./${name}`));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places).not.toContain(-1);
  });

  test('has the records that pkgtools keep', () => {
    const record = read('./var/log/packages/app_tools-1.0-x86_64-B1');
    expect(record).toMatch(
      /^PACKAGE NAME: {5}app_tools-1\.0-x86_64-B1\nCOMPRESSED PACKAGE SIZE: {5}\d+K\nUNCOMPRESSED PACKAGE SIZE: {5}\d+K\nPACKAGE LOCATION: plamo\/01_minimum\/net\.txz\/app_tools-1\.0-x86_64-B1\.tgz\nPACKAGE DESCRIPTION:\napp_tools: something with a script\napp_tools:\nFILE LIST:\n\.\/\n/,
    );
    expect(record).toContain('usr/bin/odd\\nname \\\\ \\303\\244\n');
    expect(read('./var/log/scripts/busybox-1.35-x86_64-B2')).toContain('ln -sf busybox sh');
    expect(read('./var/log/initpkg/app_tools')).toBe('echo what is your name\n');
    const { packages } = JSON.parse(readFileSync(join(directory, 'packages.json'), 'utf8'));
    expect(packages.map((item: { name: string; version: string }) => `${item.name} ${item.version}`)).toEqual([
      'aaa_base 8.0-B1',
      'busybox 1.35-B2',
      'app_tools 1.0-B1',
      'morse 2.5-B1',
    ]);
  });

  test('says plainly that nobody has signed it', async () => {
    const { source } = JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8'));
    expect(source).toEqual({ kind: 'plamo', vouched: 'first-use' });
    const { stdout } = await cooper(['--home', bed.home, 'show', plamoName]);
    expect(stdout).toContain('nobody has signed its packages: they are what was fetched first');
  });

  test('is not built again, and nothing is fetched again, while nothing has changed', async () => {
    const { images } = await cooperJson<Built>(bed.words());
    expect(images[0]?.status).toBe('unchanged');
    const packages = [...bed.mirror.asked].filter(([path]) => /\.t(?:xz|zst|gz)$/.test(path));
    expect(packages.map(([, times]) => times)).toEqual([1, 1, 1, 1]);
  });

  test('is built again from its lock file, with the same bytes', async () => {
    const definitions = ['--definitions', join(bed.folder, 'definitions')];
    const outcome = await cooper(['--home', bed.home, 'rebuild', plamoName, '--check', ...definitions]);
    expect(outcome.status, outcome.stderr).toBe(0);
  });

  test('starts as a container of the stock client and of ours', async () => {
    const actor = rootActor(join(bed.folder, 'lxc'));
    const server = await startServer(bed.home, ['--tls', 'self-signed']);
    try {
      const stock = containerOf(actor, 'stock');
      expect(await createByStockClient(stock, server)).toContain('This is Plamo 8.0.');
      expect(await lifeOf(stock)).toBe(lived('stock'));
      const create = [
        '--home',
        bed.home,
        'create',
        'ours',
        `local:${plamoName}`,
        '--path',
        actor.lxcPath,
        '--idmap',
        'none',
      ];
      const made = await cooper(create);
      expect(made.status, made.stderr).toBe(0);
      // No bridge is counted on.
      const config = join(actor.lxcPath, 'ours/config');
      const text = readFileSync(config, 'utf8').replaceAll(/^lxc\.net\..*\n/gm, '');
      writeFileSync(config, `${text}lxc.net.0.type = empty\n`);
      expect(await lifeOf(containerOf(actor, 'ours'))).toBe(lived('ours'));
    } finally {
      await server.stop();
      await actor.leave();
    }
  });

  const refused = async (code: string): Promise<string> => {
    const { status, stderr } = await cooper(bed.words('--force', '--boot-gate', 'never'));
    expect(status, stderr).not.toBe(0);
    expect(stderr).toContain(`[${code}]`);
    const left = readdirSync(bed.folder, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /\.part$|\/rootfs$/.test(name))).toEqual([]);
    return stderr;
  };
  const morse = 'contrib/Hamradio/morse-2.5-x86_64-B1.txz';

  test('another file under the name of one that was fetched first is refused, with what to do', async () => {
    const right = bed.files.get(`${release}/${morse}`) ?? Buffer.alloc(0);
    rmSync(join(bed.home, 'cache/packages'), { recursive: true });
    bed.put(morse, { files: { x: 'x' } });
    expect(await refused('first-use-changed')).toMatch(
      /take contrib\/Hamradio\/morse-2\.5-x86_64-B1\.txz out of .*\/trust\/archives\/packages-[0-9a-f]{16}\.json/,
    );
    bed.files.set(`${release}/${morse}`, right);
  });

  test('a second mirror has to have the same files', async () => {
    const other: Files = new Map(bed.files);
    const second = await serveArchive(other);
    try {
      bed.define(`  compare: ${second.url}/${release}\n`);
      other.set(`${release}/${morse}`, Buffer.from('something else'));
      expect(await refused('mirrors-disagree')).toContain(morse);
      other.delete(`${release}/${morse}`);
      expect(await refused('package-missing')).toContain(second.url);
    } finally {
      await second.close();
      bed.define();
    }
  });

  test.each([
    [
      'fails',
      'bad-1.0-noarch-B1',
      'echo no\nexit 3\n',
      'maintainer-script-failed',
      'bad-1.0-noarch-B1 failed with status 3',
    ],
    ['hangs', 'bad-2.0-noarch-B1', 'sleep 600\n', 'script-timeout', 'bad-2.0-noarch-B1 did not end in time'],
  ])('a script that %s ends the build and names its package', async (_what, stem, doinst, code, said) => {
    bed.put(`plamo/01_minimum/${stem}.txz`, { files: {}, doinst });
    bed.define('isolation: { seconds: 1 }\n');
    expect(await refused(code)).toContain(said);
    bed.take(`plamo/01_minimum/${stem}.txz`);
    bed.define();
  });
});
