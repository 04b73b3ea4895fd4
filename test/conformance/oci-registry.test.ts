// Private images of Debian's docker-registry: logged in and pushed by skopeo, taken with the login that skopeo has kept, or that a credential helper has.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registryLogins } from '../../builder/index.ts';
import { createTransport, type Transport } from '../../fetch/index.ts';
import type { OciSource } from '../../variants/resolved.ts';
import { chosenFrom } from '../builder/source/oci/chosen.ts';
import { MadeImages } from '../builder/source/oci/made-image.ts';
import {
  htpasswdOf,
  type RealRegistry,
  startRegistry,
  tokenIssuer,
  unpackedPrograms,
} from '../builder/source/oci/real-registry.ts';
import { execute } from '../e2e/cooper.ts';
import { type Loopback, serveRoutes } from '../fetch/loopback.ts';
import { archiveOf, file, member } from '../image/tar/archive.ts';
import { makeCertificate } from './faulty-origin.ts';

const reader = 'reader:read-word';
const stranger = 'stranger:other-word';

/** More than a connection holds on its way. */
const largeLayer = 32 * 1024 ** 2;

let folder: string;
let tls: { readonly key: string; readonly cert: string };
let transport: Transport;
let layout: string;
beforeAll(() => {
  folder = mkdtempSync('/var/tmp/cooper-oci-registry-');
  tls = makeCertificate(folder);
  transport = createTransport({ certificates: [tls.cert] });
  const images = new MadeImages();
  layout = join(folder, 'layout');
  const large = member('a', 'file', { data: randomBytes(largeLayer) });
  const layers = [[large], [file('b', 'b')], [file('c', 'c')]].map((members) => archiveOf(members));
  images.writeLayout(layout, { one: images.image(layers) });
});
afterAll(() => {
  transport.close();
  rmSync(folder, { recursive: true });
});

/** Not to its end at once: the issuer of tokens answers meanwhile. */
async function skopeo(words: readonly string[], input = ''): Promise<void> {
  const { status, stderr } = await execute('skopeo', words, { input, seconds: 60 });
  if (status !== 0) throw new Error(stderr);
}

/** Logs in as tools do. Returns the file in which that is kept. */
async function logIn({ host }: RealRegistry, login: string, place: string, repository = ''): Promise<string> {
  const path = join(folder, place);
  const [user = '', password = ''] = login.split(':');
  const words = ['login', '--tls-verify=false', '--authfile', path, '-u', user, '--password-stdin'];
  await skopeo([...words, `${host}${repository}`], password);
  return path;
}

function push({ host }: RealRegistry, authFile: string): Promise<void> {
  const words = ['copy', '--quiet', '--dest-tls-verify=false', '--dest-authfile', authFile];
  return skopeo([...words, `oci:${layout}:one`, `docker://${host}/library/name:one`]);
}

function take({ host }: RealRegistry, env: NodeJS.ProcessEnv) {
  const source: OciSource = { kind: 'oci', image: { url: `https://${host}/library/name` }, tag: 'one' };
  const cacheDir = mkdtempSync(join(folder, 'cache-'));
  return chosenFrom(source, { cacheDir, transport, findLogin: registryLogins(env, { uid: 0, home: folder }) });
}
const refused = (why: string) => ({
  code: 'registry-refused',
  message: expect.stringContaining(why) as unknown,
  next: expect.stringContaining('skopeo login 127.0.0.1') as unknown,
});
/** A port that leads there, and breaks the first connection off that has brought so much. */
async function cuttingPort(host: string) {
  const [name, port] = host.split(':');
  const open = new Set<Socket>();
  let times = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), name);
    for (const socket of [client, upstream]) open.add(socket.on('error', () => undefined));
    client.pipe(upstream);
    upstream.pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    client.on('drain', () => {
      if (times > 0 || client.bytesWritten < largeLayer / 2) return;
      times += 1;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    times: () => times,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Nothing of whoever runs the tests is looked at. */
const noLogin = () => ({ XDG_RUNTIME_DIR: join(folder, 'none') });

describe('a registry with passwords of htpasswd', () => {
  let registry: RealRegistry;
  beforeAll(async () => {
    registry = await startRegistry(folder, tls, { htpasswd: htpasswdOf(reader) });
    await push(registry, await logIn(registry, reader, 'auth.json'));
  });
  afterAll(() => registry.close());

  test('hands out to the login that skopeo has kept, and to no other', async () => {
    expect((await take(registry, { REGISTRY_AUTH_FILE: join(folder, 'auth.json') })).files.size).toBe(4);
    await expect(take(registry, noLogin())).rejects.toMatchObject(refused('wants a login'));
    const wrong = readFileSync(join(folder, 'auth.json'), 'utf8').replace(
      Buffer.from(reader).toString('base64'),
      Buffer.from(stranger).toString('base64'),
    );
    writeFileSync(join(folder, 'wrong.json'), wrong);
    const work = take(registry, { REGISTRY_AUTH_FILE: join(folder, 'wrong.json') });
    await expect(work).rejects.toMatchObject(refused(`refuses the login in ${join(folder, 'wrong.json')}`));
  });

  test('a layer whose connection breaks off goes on behind what has come', async () => {
    const cut = await cuttingPort(registry.host);
    try {
      const place = { ...registry, host: cut.host };
      const path = join(folder, 'cut.json');
      const auth = Buffer.from(reader).toString('base64');
      writeFileSync(path, JSON.stringify({ auths: { [cut.host]: { auth } } }));
      const before = registry.log().length;
      const chosen = await take(place, { REGISTRY_AUTH_FILE: path });
      const [large] = chosen.seed.map(({ digest }) => digest).sort((one, other) => other.size - one.size);
      expect(readFileSync(chosen.files.get(large?.sha256 ?? '') ?? '')).toHaveLength(large?.size ?? 0);
      expect(cut.times()).toBe(1);
      const asked = registry
        .log()
        .slice(before)
        .filter((line) => line.includes(`"GET /v2/library/name/blobs/sha256:${large?.sha256}`));
      expect(asked.some((line) => / 206 /.test(line))).toBe(true);
    } finally {
      await cut.close();
    }
  });

  test('that skopeo has kept for the repository alone', async () => {
    const path = await logIn(registry, reader, 'run/containers/auth.json', '/library/name');
    expect(readFileSync(path, 'utf8')).toContain(`"${registry.host}/library/name"`);
    expect((await take(registry, { XDG_RUNTIME_DIR: join(folder, 'run') })).files.size).toBe(4);
  });

  test('to the login that a credential helper of Docker has', async () => {
    const home = join(folder, 'home');
    mkdirSync(join(home, '.gnupg'), { recursive: true, mode: 0o700 });
    const programs = ['golang-docker-credential-helpers', 'pass', 'tree'].map((name) =>
      join(unpackedPrograms, name, 'usr/bin'),
    );
    const env = { ...noLogin(), HOME: home, DOCKER_CONFIG: home, PATH: [...programs, process.env.PATH].join(':') };
    const run = (program: string, words: readonly string[], input = '') =>
      execFileSync(program, words, { env, input, stdio: 'pipe', encoding: 'utf8' });
    try {
      run('gpg', ['--batch', '--passphrase', '', '--quick-generate-key', 'tester', 'default', 'default', 'never']);
      run('pass', ['init', 'tester']);
      const [Username, Secret] = reader.split(':');
      run('docker-credential-pass', ['store'], JSON.stringify({ ServerURL: registry.host, Username, Secret }));
      writeFileSync(join(home, 'config.json'), JSON.stringify({ credHelpers: { [registry.host]: 'pass' } }));
      expect((await take(registry, env)).files.size).toBe(4);
      writeFileSync(join(home, 'config.json'), JSON.stringify({ auths: { [registry.host]: {} }, credsStore: 'pass' }));
      expect((await take(registry, env)).files.size).toBe(4);
      run('docker-credential-pass', ['erase'], registry.host);
      await expect(take(registry, env)).rejects.toMatchObject(refused('wants a login'));
    } finally {
      run('gpgconf', ['--kill', 'gpg-agent']);
    }
  });
});

describe('a registry with tokens', () => {
  let registry: RealRegistry;
  let tokens: Loopback;
  const asked: string[] = [];
  beforeAll(async () => {
    const accounts = [
      { login: reader, actions: ['pull', 'push'] },
      { login: stranger, actions: [] },
    ];
    const issue = tokenIssuer(accounts, 'made', tls);
    const routes = new Proxy(
      {},
      {
        get:
          () =>
          (...exchange: Parameters<typeof issue>) => {
            asked.push(`${exchange[0].headers.authorization ?? 'nobody'} ${exchange[0].url}`);
            issue(...exchange);
          },
      },
    );
    tokens = await serveRoutes(routes, tls);
    registry = await startRegistry(folder, tls, { realm: `${tokens.url}/token`, service: 'made', issuer: 'made' });
    await push(registry, await logIn(registry, reader, 'tokens.json'));
  });
  afterAll(async () => {
    await registry.close();
    await tokens.close();
  });

  test('hands out to the login that skopeo has kept, which it does not see itself', async () => {
    asked.splice(0);
    const before = registry.log().length;
    expect((await take(registry, { REGISTRY_AUTH_FILE: join(folder, 'tokens.json') })).files.size).toBe(4);
    const basic = `Basic ${Buffer.from(reader).toString('base64')}`;
    expect(asked).toEqual([`${basic} /token?service=made&scope=repository%3Alibrary%2Fname%3Apull`]);
    const own = registry
      .log()
      .slice(before)
      .filter((line) => line.includes('"GET /v2/library/name/'));
    expect(own.length).toBeGreaterThanOrEqual(6);
    expect(own.join('\n')).not.toContain('read-word');
  });

  test('hands out neither to everybody, nor to who may not, nor to who is not known', async () => {
    await expect(take(registry, noLogin())).rejects.toMatchObject(refused('wants a login'));
    const other = await logIn(registry, stranger, 'stranger.json');
    await expect(take(registry, { REGISTRY_AUTH_FILE: other })).rejects.toMatchObject(refused('may not read it'));
    const wrong = join(folder, 'wrong-token.json');
    const auth = Buffer.from('reader:wrong').toString('base64');
    writeFileSync(wrong, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const work = take(registry, { REGISTRY_AUTH_FILE: wrong });
    await expect(work).rejects.toMatchObject(refused(`${tokens.url} refuses the login in ${wrong}`));
  });
});
