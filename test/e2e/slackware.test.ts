// A Slackware in miniature from a mirror on loopback: gpg has signed its checksums, GNU tar judges the image.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Files, serveArchive } from '../builder/source/debian/signed-archive.ts';
import type { Loopback } from '../fetch/loopback.ts';
import { cooper, cooperJson } from './cooper.ts';
import { attempt } from './lxc/actor.ts';
import { attach, type Container, discard, start } from './lxc/container.ts';
import { rootActor } from './lxc/root.ts';
import { createLine, trusting } from './lxc/stock-client.ts';
import { startServer } from './published.ts';
import { addChecksums, release, SlackwareKey, slackwareDefinition, slackwareMirror } from './slackware-mirror.ts';

let folder: string;
let files: Files;
let mirror: Loopback;
let key: SlackwareKey;
let weak: SlackwareKey;

const define = (...source: readonly string[]) => {
  for (const [path, text] of Object.entries(slackwareDefinition(mirror.url, source))) {
    const file = join(folder, 'definitions/slackware', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
};
const build = (name = 'slackware/15.0') => {
  const where = ['--home', join(folder, 'home'), 'build', '--definitions', join(folder, 'definitions')];
  return [...where, '--boot-gate', 'never', name];
};

describe('a Slackware', () => {
  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-slackware-');
    files = slackwareMirror(folder);
    [key, weak] = [new SlackwareKey(folder, 'ed25519'), new SlackwareKey(folder, 'dsa1024')];
    addChecksums(files, folder, key);
    mirror = await serveArchive(files);
    define('keyring: ./keys.asc');
    writeFileSync(join(folder, 'definitions/slackware/keys.asc'), key.certificate());
    writeFileSync(join(folder, 'definitions/slackware/weak.asc'), weak.certificate());
  });
  afterAll(async () => {
    key.end();
    weak.end();
    await mirror.close();
    rmSync(folder, { recursive: true });
  });

  test('has the packages that tagfiles and names ask for, mended ones first, under a signature', async () => {
    const { images } = await cooperJson<{ images: readonly { directory: string }[] }>(build());
    const directory = images[0]?.directory ?? '';
    const archive = join(directory, 'rootfs.tar.xz');
    const read = (path: string) => execFileSync('tar', ['-xJOf', archive, path], { encoding: 'utf8' });
    const listing = execFileSync('tar', ['-tvJf', archive], { encoding: 'utf8' });
    expect(listing).toMatch(/ \.\/bin\/sh -> bash$/m);
    expect(listing).not.toMatch(/bash5\.new|fdformat|bin\/nfs|bin\/gcc|install/);
    expect(listing).toMatch(/ \.\/var\/log\/packages -> \.\.\/lib\/pkgtools\/packages$/m);
    expect(read('./usr/bin/openssl')).toBe('mended\n');
    expect(read('./etc/shadow')).toBe('root:*:9797:0:::::\n');
    expect(read('./var/lib/pkgtools/packages/openssl-1.1.1zb-x86_64-1_slack15.0')).toContain('\nusr/bin/openssl\n');
    expect(read('./var/lib/pkgtools/scripts/bash-5.1.016-x86_64-1')).toContain('mv bin/bash5.new bin/bash\n');
    const lock = JSON.parse(readFileSync(join(directory, 'image.lock.json'), 'utf8'));
    expect(lock.packages.map(({ path }: { path: string }) => path)).toEqual([
      'slackware64/a/aaa_base-15.0-x86_64-4.txz',
      'slackware64/a/bash-5.1.016-x86_64-1.txz',
      'patches/packages/openssl-1.1.1zb-x86_64-1_slack15.0.txz',
      'slackware64/d/make-4.3-x86_64-3.txz',
    ]);
    expect(lock.indices).toMatchObject([
      { path: 'CHECKSUMS.md5', sha256: sha256(files.get(`${release}/CHECKSUMS.md5`)) },
    ]);
    expect(lock.source).toMatchObject({ kind: 'slackware', vouched: 'signature' });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'starts as a container of the stock client, and runs as one of ours (needs root: docs/limits.md, 1)',
    async () => {
      const home = join(folder, 'home');
      const server = await startServer(home, ['--tls', 'self-signed']);
      const actor = rootActor(join(folder, 'lxc'));
      const container: Container = { actor, name: 'slackware' };
      const line = createLine(container, server, { distribution: 'slackware', release: '15.0', variant: 'default' });
      try {
        expect(await attempt(actor, line, 60, trusting(actor, server))).toMatchObject({ status: 0 });
        await start(container);
        expect(await attach(container, '/bin/cat', '/etc/slackware-version')).toEqual({
          status: 0,
          output: 'Slackware 15.0\n',
        });
        const ours = ['--home', home, 'create', '--path', join(folder, 'containers'), 'ours', 'local:slackware/15.0'];
        expect(await cooper(ours)).toMatchObject({ status: 0 });
        const run = [
          '--home',
          home,
          'run',
          '--path',
          join(folder, 'containers'),
          'ours',
          '--',
          '/bin/cat',
          '/usr/bin/make',
        ];
        expect(await cooper(run)).toMatchObject({ status: 0, stdout: 'named\n' });
      } finally {
        await discard(container);
        await actor.leave();
        await server.stop();
      }
    },
  );

  const refused = async (): Promise<string> => {
    const { status, stderr } = await cooper(build());
    expect(status, stderr).toBe(3);
    return stderr;
  };

  test('a tagfile or package that is not the signed one is refused', async () => {
    const tagfile = `${release}/slackware64/a/tagfile`;
    const right = files.get(tagfile) ?? Buffer.alloc(0);
    files.set(tagfile, Buffer.from('aaa_base:ADD\n'));
    expect(await refused()).toContain('slackware64/a/tagfile is not the file that CHECKSUMS.md5 names');
    files.set(tagfile, right);
    const path = `${release}/slackware64/a/aaa_base-15.0-x86_64-4.txz`;
    const whole = files.get(path) ?? Buffer.alloc(0);
    files.set(path, Buffer.concat([whole, Buffer.alloc(1)]));
    rmSync(join(folder, 'home/cache'), { recursive: true });
    expect(await refused()).toContain('[package-mismatch]');
    files.set(path, whole);
  });

  test('a DSA key of 1024 bits, such as the one of Slackware itself, counts for nothing, and gpg has made it', async () => {
    addChecksums(files, folder, weak);
    expect(await refused()).toContain('[signature-unknown-key]');
    define('keyring: ./weak.asc');
    expect(await refused()).toMatch(/no longer safe \[signature-weak\]/);
  });
});

function sha256(bytes: Buffer | undefined): string {
  return execFileSync('sha256sum', { input: bytes, encoding: 'utf8' }).slice(0, 64);
}
