// How `cooper create` and `list` reach an https server: over IPv6, through a proxy of the environment or past it, with authorities
// of the environment, and within a rate. The proxy knows a name for the server: none is asked for an address of this machine.

import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../server/index.ts';
import { makeAuthority, makeServerCertificate } from '../../server/serve/certificates.ts';
import { imageName } from '../../variants/index.ts';
import { makeBuild, makePublisher, type Publisher, publishBuilds, smallImage } from '../client/publication.ts';
import { type LoopbackProxy, startProxy } from '../fetch/loopback-proxy.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { cooper } from './cooper.ts';

let publisher: Publisher;
let server: RunningServer;
let authority: string;
let proxy: LoopbackProxy;
let home: string;

beforeAll(async () => {
  const now = new Date();
  publisher = await makePublisher(new Date(now.getTime() - 60_000));
  const tree = await publishBuilds(publisher, [await makeBuild(publisher, now)], now);
  const signer = await makeAuthority(now);
  const { certificate, key } = await makeServerCertificate(signer, ['::1', 'images.test'], now);
  const file = (name: string, text: string) => {
    writeFileSync(join(publisher.folder, name), text);
    return join(publisher.folder, name);
  };
  authority = file('ca.pem', signer.certificate);
  const tls = { kind: 'files', cert: file('server.pem', certificate), key: file('server.key', key) } as const;
  server = await serve({ tree, host: '::1', port: 0, tls });
});
beforeEach(async () => {
  proxy = await startProxy({ at: '::1' });
  home = mkdtempSync(join(publisher.folder, 'home-'));
});
afterEach(() => proxy.close());
afterAll(async () => {
  await server.close(0);
  publisher.remove();
});

const name = imageName(smallImage);
const address = () => `[::1]:${server.port}`;
const named = () => `images.test:${server.port}`;
const own = (variables: Record<string, string>) => ({ PATH: process.env.PATH, HOME: home, ...variables });

function run(words: readonly string[], variables: Record<string, string> = {}, at = address()) {
  const whom = ['--server', `https://${at}/`, '--keyid', publisher.fingerprint];
  return cooper(['--home', home, ...words, ...whom], { env: own(variables) });
}

const list = (variables?: Record<string, string>, at?: string) => run(['list', '--ca', authority], variables, at);
const tunnel = () => `CONNECT ${named()}`;

test('a server at an IPv6 address is reached, also when it is named without https://', async () => {
  expect((await list()).stdout).toContain(name.slice(0, 9));
  const words = ['list', '--server', address(), '--keyid', publisher.fingerprint, '--ca', authority];
  const listed = await cooper(['--home', home, ...words], { env: own({}) });
  expect(listed.status, listed.stderr).toBe(0);
});

test('list goes through https_proxy, and past it with no_proxy and to this machine', async () => {
  const variables = { https_proxy: `http://${proxy.authority}` };
  const direct = await list(variables);
  expect(direct.status, direct.stderr).toBe(0);
  const unknown = await list({ ...variables, no_proxy: 'example.org,.test' }, named());
  expect(unknown.stderr).toContain('[server-unreachable]');
  expect(proxy.asked).toEqual([]);
  const led = await list(variables, named());
  expect(led.status, led.stderr).toBe(0);
  expect(new Set(proxy.asked)).toEqual(new Set([tunnel()]));
});

test('remote add and doctor go through it too', async () => {
  const variables = { https_proxy: `http://${proxy.authority}` };
  const words = ['remote', 'add', 'up', `https://${named()}/`, '--keyid', publisher.fingerprint, '--ca', authority];
  const added = await cooper(['--home', home, ...words], { env: own(variables) });
  expect(added.status, added.stderr).toBe(0);
  const asked = proxy.asked.length;
  expect(asked).toBeGreaterThan(0);
  await cooper(['--home', home, 'doctor'], { env: own(variables) });
  expect(proxy.asked.length).toBeGreaterThan(asked);
});

test.each([
  ['that is not there', '127.0.0.1:1', 'proxy-failed', 69],
  ['of an unknown kind', 'socks5://127.0.0.1:1080', 'proxy-unusable', 2],
])('a proxy %s is told by its own row', async (_what, value, code, exit) => {
  const { status, stderr } = await list({ https_proxy: value }, named());
  expect(status, stderr).toBe(exit);
  expect(stderr).toContain(`[${code}]`);
});

test('what a build fetches goes through the proxy too', async () => {
  const folder = join(home, 'root');
  const words = ['rootfs', 'debian/bookworm', folder, '--mirror', 'http://mirror.test:9'];
  const { status, stderr } = await cooper(['--home', home, ...words], { env: own({ http_proxy: proxy.authority }) });
  expect(status, stderr).toBe(69);
  expect(proxy.asked[0]).toMatch(/^GET http:\/\/mirror\.test:9\/dists\/bookworm\/InRelease$/);
  expect(existsSync(folder)).toBe(false);
});

test('a proxy that wants a login is told so, without the login that it refused', async () => {
  const strict = await startProxy({ login: 'me:right', at: '::1' });
  const { status, stderr } = await list({ https_proxy: `http://me:wrong@${strict.authority}` }, named());
  await strict.close();
  expect(status, stderr).toBe(1);
  expect(stderr).toContain('[proxy-login]');
  expect(stderr).not.toContain('wrong');
});

describeAsRoot('create', () => {
  const create = (words: readonly string[], variables?: Record<string, string>) =>
    run(['create', 'c1', name, '--idmap', 'none', ...words], variables, variables?.https_proxy && named());
  const made = () => existsSync(join(home, 'containers/c1/rootfs'));

  test('fetches everything through the proxy, whose tunnel hides nothing: --ca still decides', async () => {
    const variables = { https_proxy: proxy.authority };
    const refused = await create([], variables);
    expect(refused.stderr).toContain('[server-not-trusted]');
    expect(made()).toBe(false);
    const { status, stderr } = await create(['--ca', authority], variables);
    expect(status, stderr).toBe(0);
    expect(made()).toBe(true);
    expect(new Set(proxy.asked)).toEqual(new Set([tunnel()]));
  });

  test.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])('trusts the authorities of %s', async (variable) => {
    const { status, stderr } = await create([], { [variable]: authority });
    expect(status, stderr).toBe(0);
    expect(made()).toBe(true);
  });

  test('leaves nothing half made where the proxy refuses', async () => {
    const closed = await startProxy({ refuse: 403, at: '::1' });
    const { status, stderr } = await create(['--ca', authority], { https_proxy: closed.authority });
    await closed.close();
    expect(status, stderr).toBe(69);
    expect(stderr).toContain('[proxy-failed]');
    expect(existsSync(join(home, 'containers')) ? readdirSync(join(home, 'containers')) : []).toEqual([]);
  });

  test('takes no more of the network than --limit-rate says', async () => {
    const refused = await create(['--ca', authority, '--limit-rate', '10']);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('--limit-rate') as string });
    const begun = performance.now();
    const { status, stderr } = await create(['--ca', authority, '--limit-rate', '400K']);
    expect(status, stderr).toBe(0);
    // The image has 1.2 MB, of which a quarter of a second's may come at once.
    expect(performance.now() - begun).toBeGreaterThan(2500);
  });
});
