// The server under real clients: wget (as the stock LXC client calls it), curl and gpg with its keyserver protocol.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { publish, type RunningServer, serve } from '../../server/index.ts';
import { madeBuild, mini } from '../server/made-build.ts';

const build = 'images/debian/bookworm/amd64/mini/20260201_12:00';
const folder = mkdtempSync(join(tmpdir(), 'cooper-clients-'));
const tree = join(folder, 'tree');
const gnupg = join(folder, 'gnupg');
let signer: Signer;
let plain: RunningServer;
let secure: RunningServer;

beforeAll(async () => {
  const now = new Date();
  mkdirSync(gnupg, { mode: 0o700 });
  await generatePublisherKey(join(folder, 'keys'), { now });
  signer = await openSigner(join(folder, 'keys'), now);
  await publish(tree, [await madeBuild(folder, signer, mini, '20260201_12:00')], signer, now);
  plain = await serve({ tree, host: '127.0.0.1', port: 0 });
  const tls = { kind: 'self-signed', folder: join(folder, 'tls') } as const;
  secure = await serve({ tree, host: '127.0.0.1', port: 0, tls });
});

afterAll(async () => {
  spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  await Promise.all([plain.close(), secure.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a client without blocking this process, in which the server answers. */
function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ status: number; out: Buffer }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? -1, out: Buffer.concat(chunks) }));
  });
}

const published = (path: string) => readFileSync(join(tree, 'live', path));

describe('wget', () => {
  const wget = (url: string, env: NodeJS.ProcessEnv = {}) =>
    run('wget', ['-T', '30', '-q', '-t', '1', '--user-agent=lxc/5.0.2 compat:7', '-O', '-', url], env);

  test('gets index, root filesystem and metadata over https, slashes doubled, the CA named in WGETRC', async () => {
    const wgetrc = join(folder, 'wgetrc');
    writeFileSync(wgetrc, `ca_certificate=${secure.ca?.file}\n`);
    for (const name of ['localhost', '127.0.0.1']) {
      const server = `https://${name}:${secure.port}`;
      const index = await wget(`${server}//meta/1.0/index-system.7`, { WGETRC: wgetrc });
      expect(index.out).toEqual(published('meta/1.0/index-system.7'));
      const path = index.out.toString().trim().split(';')[5];
      expect(path).toBe(`/${build}/`);
      for (const file of ['rootfs.tar.xz', 'meta.tar.xz', 'rootfs.tar.xz.asc']) {
        const { status, out } = await wget(`${server}/${path}/${file}`, { WGETRC: wgetrc });
        expect(status).toBe(0);
        expect(out).toEqual(published(`${build}/${file}`));
      }
    }
  });

  test('refuses the certificate without the CA', async () => {
    const empty = join(folder, 'empty-wgetrc');
    writeFileSync(empty, '');
    expect((await wget(`https://127.0.0.1:${secure.port}/healthz`, { WGETRC: empty })).status).toBe(5);
  });

  test('continues a file that was cut off', async () => {
    const whole = published(`${build}/rootfs.tar.xz`);
    const part = join(folder, 'rootfs.tar.xz');
    writeFileSync(part, whole.subarray(0, 100));
    const args = ['-q', '-c', '-O', part, `${plain.url}/${build}/rootfs.tar.xz`];
    expect((await run('wget', args)).status).toBe(0);
    expect(readFileSync(part)).toEqual(whole);
  });
});

describe('curl', () => {
  test('gets a range and is told when nothing changed', async () => {
    const url = `${plain.url}/${build}/rootfs.tar.xz`;
    const { out } = await run('curl', ['-sS', '-r', '5-14', url]);
    expect(out).toEqual(published(`${build}/rootfs.tar.xz`).subarray(5, 15));
    const tag = join(folder, 'etag');
    await run('curl', ['-sS', '--etag-save', tag, '-o', '/dev/null', url]);
    const again = await run('curl', ['-sS', '--etag-compare', tag, '-o', '/dev/null', '-w', '%{http_code}', url]);
    expect(again.out.toString()).toBe('304');
  });

  test.each(['/../outside', '/images/../../outside', '/images/../../../../../../etc/passwd', '/%2e%2e/outside'])(
    'does not get out of the tree by %s',
    async (path) => {
      writeFileSync(join(folder, 'outside'), 'secret');
      const { out } = await run('curl', ['-sS', '--path-as-is', '-w', '%{http_code}', `${plain.url}${path}`]);
      expect(out.toString()).toMatch(/^no such file\n40[04]$/);
    },
  );

  test('trusts the CA, whose fingerprint openssl prints as we do', async () => {
    const ca = secure.ca?.file ?? '';
    const { out } = await run('curl', ['-sS', '--cacert', ca, `${secure.url}/healthz`]);
    expect(out.toString()).toBe('ok\n');
    const openssl = await run('openssl', ['x509', '-in', ca, '-noout', '-fingerprint', '-sha256']);
    expect(openssl.out.toString().trim().split('=')[1]).toBe(secure.ca?.fingerprint);
  });
});

describe('gpg', () => {
  const gpg = (...args: string[]) => run('gpg', ['--homedir', gnupg, '--batch', '--quiet', '--no-tty', ...args]);

  test('receives the key over hkp and verifies what was published, as LXC 4 does', async () => {
    const keyserver = ['--keyserver', `hkp://127.0.0.1:${plain.port}`];
    expect((await gpg(...keyserver, '--recv-keys', signer.fingerprint)).status).toBe(0);
    for (const path of ['meta/1.0/index-user.7', `${build}/rootfs.tar.xz`, `${build}/meta.tar.xz`]) {
      const file = join(tree, 'live', path);
      expect((await gpg('--verify', `${file}.asc`, file)).status).toBe(0);
    }
    const tampered = join(folder, 'tampered');
    writeFileSync(tampered, 'x');
    const signature = join(tree, 'live', build, 'rootfs.tar.xz.asc');
    expect((await gpg('--verify', signature, tampered)).status).toBe(1);
  });

  test("does not get a key that is not the publisher's", async () => {
    const keyserver = ['--keyserver', `hkp://127.0.0.1:${plain.port}`];
    expect((await gpg(...keyserver, '--recv-keys', '0'.repeat(40))).status).toBe(2);
  });
});
