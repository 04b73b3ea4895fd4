// An image of a private container image in Debian's docker-registry: logged in by skopeo, built by `cooper build`. What a build writes has
// nothing of the login.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../../image/index.ts';
import { htpasswdOf, type RealRegistry, startRegistry } from '../builder/source/oci/real-registry.ts';
import { makeCertificate } from '../conformance/faulty-origin.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { makeBoxedLayout } from './boxed-layout.ts';
import { cooper, execute, type Outcome } from './cooper.ts';
import { expectNothingHalfMade } from './left-over.ts';
import { writeDefinition } from './seed-definitions.ts';

const login = 'reader-name:hidden-word';
const secrets = ['hidden-word', Buffer.from(login).toString('base64')];

describeAsRoot('a private container image', () => {
  let folder: string;
  let registry: RealRegistry;
  let env: NodeJS.ProcessEnv;
  const home = () => join(folder, 'home');
  const authFile = () => join(folder, 'run/containers/auth.json');

  async function skopeo(words: readonly string[], input = ''): Promise<void> {
    const { status, stderr } = await execute('skopeo', words, { input, env, seconds: 60 });
    if (status !== 0) throw new Error(stderr);
  }
  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/cooper-oci-login-');
    const layout = join(folder, 'layout');
    makeBoxedLayout(folder, layout);
    const tls = makeCertificate(folder);
    writeFileSync(join(folder, 'ca.pem'), tls.cert);
    registry = await startRegistry(folder, tls, { htpasswd: htpasswdOf(login) });
    env = {
      PATH: process.env.PATH,
      HOME: join(folder, 'nobody'),
      XDG_RUNTIME_DIR: join(folder, 'run'),
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      COOPER_DEBUG: '1',
    };
    mkdirSync(join(folder, 'run'));
    const [user = '', password = ''] = login.split(':');
    await skopeo(['login', '--tls-verify=false', '-u', user, '--password-stdin', registry.host], password);
    const to = `docker://${registry.host}/library/name:one`;
    await skopeo(['copy', '--quiet', '--dest-tls-verify=false', `oci:${layout}:one`, to]);
    const source = ['kind: oci', `image: https://${registry.host}/library/name`];
    const waiver = 'gate: { waive: [{ rule: no-init, reason: For cooper run alone }] }';
    writeDefinition(join(folder, 'definitions'), 'private', source, [waiver]);
  });
  afterAll(async () => {
    await registry?.close();
    rmSync(folder, { recursive: true });
  });

  const build = (at: string, more: NodeJS.ProcessEnv = {}, ...words: string[]): Promise<Outcome> => {
    const options = ['--definitions', join(folder, 'definitions'), '--boot-gate', 'never', ...words];
    return cooper(['--home', at, '--json', 'build', ...options, 'private/one'], { env: { ...env, ...more } });
  };

  test('is built with the login that skopeo has kept, which nothing shows', async () => {
    expect(readFileSync(authFile(), 'utf8')).toContain(secrets[1]);
    const built = await build(home());
    expect(built).toMatchObject({ status: 0 });
    const { images } = JSON.parse(built.stdout) as { images: readonly { directory: string }[] };
    const directory = images[0]?.directory ?? '';
    const manifest = JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8')) as Manifest;
    expect(manifest.source).toEqual({ kind: 'oci', vouched: 'transport' });
    const again = await build(join(folder, 'again'), {}, '--locked', join(directory, 'image.lock.json'));
    expect(again).toMatchObject({ status: 0 });
    expect(filesWithSecrets(folder)).toEqual([authFile()]);
    for (const { stdout, stderr } of [built, again]) expectNoSecrets(stdout + stderr);
  });

  test('is refused without a login, with what to do, and with another one', async () => {
    const other = join(folder, 'other.json');
    const auth = Buffer.from('reader-name:other-word').toString('base64');
    writeFileSync(other, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const none = { XDG_RUNTIME_DIR: join(folder, 'none') };
    const at = join(folder, 'refused');
    for (const more of [none, { REGISTRY_AUTH_FILE: other }]) {
      const { status, stdout, stderr } = await build(at, more);
      expect(status).toBe(1);
      expect(stderr).toContain('registry-refused');
      expect(stderr).toContain(`skopeo login ${registry.host}`);
      expect(stdout + stderr).not.toMatch(/other-word|Authorization/i);
      expect(stdout + stderr).not.toContain(auth);
    }
    expectNothingHalfMade(at);
  });

  test('is refused with a damaged file of logins, of which nothing is told', async () => {
    const damaged = join(folder, 'damaged.json');
    writeFileSync(damaged, readFileSync(authFile(), 'utf8').slice(0, -3));
    const { status, stdout, stderr } = await build(join(folder, 'refused'), { REGISTRY_AUTH_FILE: damaged });
    rmSync(damaged);
    expect(status).toBe(1);
    expect(stderr).toContain('registry-login');
    expect(stderr).toContain(damaged);
    expectNoSecrets(stdout + stderr);
  });
});

function expectNoSecrets(text: string): void {
  for (const secret of secrets) expect(text).not.toContain(secret);
}

/** Paths of files that have one. */
function filesWithSecrets(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((path) => {
    const bytes = readFileSync(path);
    return secrets.some((secret) => bytes.includes(secret));
  });
}
