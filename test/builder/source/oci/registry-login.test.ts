// Logins to a registry on loopback: who gets them, who does not, and what is said when they do not do.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { registryLogins } from '../../../../builder/source/oci/login/find-login.ts';
import { Login } from '../../../../builder/source/oci/login/login.ts';
import { CooperError } from '../../../../errors/index.ts';
import { createTransport, proxiesOf, type Transport } from '../../../../fetch/index.ts';
import type { OciSource } from '../../../../variants/resolved.ts';
import { makeCertificate } from '../../../conformance/faulty-origin.ts';
import { type Loopback, type Routes, serveRoutes } from '../../../fetch/loopback.ts';
import { startProxy } from '../../../fetch/loopback-proxy.ts';
import { archiveOf, file } from '../../../image/tar/archive.ts';
import { chosenFrom } from './chosen.ts';
import { MadeImages, pinOf } from './made-image.ts';
import { basicOf, type MadeRegistry, type RegistryHabits, serveRegistry } from './made-registry.ts';

const login = 'name:hidden-word';
const secrets = ['hidden-word', basicOf(login).slice('Basic '.length)];

let folder: string;
let tls: { readonly key: string; readonly cert: string };
let transport: Transport;
let images: MadeImages;
let pinned: string;
let looked: string[];
const servers: { close(): Promise<void> }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-registry-login-'));
  tls = makeCertificate(folder);
  images = new MadeImages();
  pinned = pinOf(images.image(['a', 'b', 'c', 'd'].map((name) => archiveOf([file(name, name)]))));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  looked = [];
  transport = createTransport({ attempts: 2, certificates: [tls.cert] });
});
afterEach(async () => {
  transport.close();
  for (const server of servers.splice(0)) await server.close();
});

async function serve(habits: RegistryHabits): Promise<MadeRegistry> {
  const server = await serveRegistry(images, {}, habits);
  servers.push(server);
  return server;
}

/** Answers every path so. */
async function answering(listener: RequestListener, over: typeof tls | 'plain' = tls): Promise<Loopback> {
  const server = await serveRoutes(new Proxy<Routes>({}, { get: () => listener }), over === 'plain' ? undefined : over);
  servers.push(server);
  return server;
}

function take({ url }: Loopback, found = login, by = transport) {
  const source: OciSource = { kind: 'oci', image: { url: `${url}/library/name` }, tag: 'one', pinned };
  const [user = '', password = ''] = found.split(':');
  const findLogin = async (repository: URL) => {
    looked.push(repository.href);
    return found === 'none' ? undefined : new Login(user, password, 'the file of logins');
  };
  return chosenFrom(source, { cacheDir: mkdtempSync(join(folder, 'cache-')), transport: by, findLogin });
}

/** What is said of it; nothing of the login, and where it is to be seen what to do. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const thrown = await work.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(CooperError);
  expect(thrown).toMatchObject({
    code: 'registry-refused',
    next: expect.stringMatching(/skopeo login 127/) as unknown,
  });
  for (const secret of secrets) expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(secret);
  return (thrown as CooperError).message;
}

const ofAuthorization = ({ requests }: MadeRegistry) => new Set(requests.map(({ headers }) => headers.authorization));

describe('a registry that wants a name and a password', () => {
  const basic = { challenge: () => 'Basic realm="made"', login };

  test('gets them once it has asked, and the place of its blobs does not', async () => {
    const blobs = await serve({ tls });
    const server = await serve({ ...basic, tls, blobsAt: blobs.url });
    expect((await take(server)).files.size).toBe(5);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
    expect(ofAuthorization(server)).toEqual(new Set([undefined, basicOf(login)]));
    expect(blobs.requests).toHaveLength(5);
    expect(ofAuthorization(blobs)).toEqual(new Set([undefined]));
    expect(looked).toEqual([`${server.url}/library/name`]);
  });

  test('over plain http gets them on this machine, past the proxy of the environment', async () => {
    const server = await serve(basic);
    const proxy = await startProxy();
    servers.push(proxy);
    const proxied = createTransport({ proxies: proxiesOf({ http_proxy: `http://${proxy.authority}` }) });
    try {
      expect((await take(server, login, proxied)).files.size).toBe(5);
    } finally {
      proxied.close();
    }
    expect(proxy.asked).toEqual([]);
  });

  test.each([
    ['refuses the login in the file of logins', 'name:wrong', {}, 2],
    ['wants a login', 'none', {}, 1],
    ['the login in the file of logins may not read it', login, { forbids: true }, 2],
    ['does not say how to log in', login, { challenge: () => 'Negotiate' }, 1],
  ])('that %s', async (why, found, habits, requests) => {
    const server = await serve({ ...basic, ...habits, tls });
    expect(await refusal(take(server, found))).toContain(why);
    expect(server.requests).toHaveLength(requests);
  });
});

test('a registry that asks nothing is told nothing, and nobody looks', async () => {
  const server = await serve({ tls });
  await take(server);
  expect(looked).toEqual([]);
  expect(ofAuthorization(server)).toEqual(new Set([undefined]));
});

describe('a registry that wants tokens', () => {
  const asked: IncomingMessage[] = [];
  const issue: RequestListener = (request, response) => {
    asked.push(request);
    const known = request.headers.authorization === basicOf(login);
    if (request.headers.authorization !== undefined && !known) return void response.writeHead(401).end();
    response.end(JSON.stringify({ token: known ? 'of-name' : 'of-everybody' }));
  };
  const wanting = (realm: string) => ({
    tls,
    challenge: () => `Bearer realm="${realm}",scope="repository:library/name:pull"`,
    accepts: (token: string) => token === 'of-name',
  });
  beforeEach(() => void asked.splice(0));

  test('has the login sent to where it gives them, once, and sees tokens alone', async () => {
    const tokens = await answering(issue);
    const server = await serve(wanting(`${tokens.url}/token`));
    expect((await take(server)).files.size).toBe(5);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([basicOf(login)]);
    expect(ofAuthorization(server)).toEqual(new Set([undefined, 'Bearer of-name']));
    expect(looked).toHaveLength(1);
  });

  test('and is redirected for them does not have the login sent there', async () => {
    const elsewhere = await answering(issue);
    const tokens = await answering((request, response) => {
      expect(request.headers.authorization).toBe(basicOf(login));
      response.writeHead(307, { location: `${elsewhere.url}/token` }).end();
    });
    const server = await serve(wanting(`${tokens.url}/token`));
    expect(await refusal(take(server))).toContain('may not read it');
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('at a place over plain http does not have the login sent there', async () => {
    const tokens = await answering(issue, 'plain');
    const elsewhere = tokens.url.replace('127.0.0.1', 'registry.example');
    const server = await serve(wanting(`${elsewhere}/token`));
    expect(await refusal(take(server))).toContain('not over https');
    expect(asked).toEqual([]);
    expect(looked).toEqual([]);
  });

  test.each([
    [401, 'refuses the login in the file of logins'],
    [403, 'refuses the login in the file of logins'],
  ])('where they are given with status %s', async (status, why) => {
    const tokens = await answering((_request, response) => response.writeHead(status).end());
    const server = await serve(wanting(`${tokens.url}/token`));
    expect(await refusal(take(server))).toContain(`${tokens.url} ${why}`);
    expect(await refusal(take(server, 'none'))).toContain(`${tokens.url} wants a login`);
  });

  test('of somebody who may not read it, or of everybody', async () => {
    const tokens = await answering(issue);
    const server = await serve({ ...wanting(`${tokens.url}/token`), accepts: () => false });
    expect(await refusal(take(server))).toContain('may not read it');
    expect(await refusal(take(server, 'none'))).toContain('it wants a login');
    expect(asked).toHaveLength(2);
  });
});

describe('a credential helper that is not on this machine', () => {
  const withHelper = (server: Loopback) => {
    const home = mkdtempSync(join(folder, 'home-'));
    mkdirSync(join(home, '.docker'));
    writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ credsStore: 'not-there' }));
    const findLogin = registryLogins({ XDG_RUNTIME_DIR: home, PATH: home }, { uid: 0, home });
    const source: OciSource = { kind: 'oci', image: { url: `${server.url}/library/name` }, tag: 'one', pinned };
    return chosenFrom(source, { cacheDir: mkdtempSync(join(folder, 'cache-')), transport, findLogin });
  };
  const tokens = (status: number) =>
    answering((_request, response) => response.writeHead(status).end(JSON.stringify({ token: 'of-everybody' })));

  test('does not stand before what everybody may have', async () => {
    const { url } = await tokens(200);
    const server = await serve({ tls, challenge: () => `Bearer realm="${url}/token"` });
    expect((await withHelper(server)).files.size).toBe(5);
    expect(ofAuthorization(server)).toEqual(new Set([undefined, 'Bearer of-everybody']));
  });

  test.each([
    ['the registry', () => 'Basic realm="made"'],
    ['the place of its tokens', (url: string) => `Bearer realm="${url}/token"`],
  ])('is told of where %s wants a login', async (_, challenge) => {
    const { url } = await tokens(401);
    const server = await serve({ tls, challenge: () => challenge(url), login });
    await expect(withHelper(server)).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('wants a login') as unknown,
      lines: [expect.stringMatching(/^docker-credential-not-there is not on the PATH; .*config\.json names it$/)],
    });
  });
});

test('a login that cannot be read ends it', async () => {
  const server = await serve({ tls, challenge: () => 'Basic realm="made"', login });
  const source: OciSource = { kind: 'oci', image: { url: `${server.url}/library/name` }, tag: 'one', pinned };
  const findLogin = () => Promise.reject(new CooperError('registry-login', { what: 'damaged' }));
  const work = chosenFrom(source, { cacheDir: mkdtempSync(join(folder, 'cache-')), transport, findLogin });
  await expect(work).rejects.toMatchObject({ code: 'registry-login' });
});
