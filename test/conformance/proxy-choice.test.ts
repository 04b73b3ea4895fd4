// Whether curl and Cooper read the same out of the variables for proxies: a proxy on loopback sees whether curl comes. Addresses are those
// that nobody has (RFC 5737, RFC 3849), and nothing leaves the machine: to itself curl would ask a proxy, and Cooper does not.

import { expect, test } from 'vitest';
import { proxiesOf } from '../../fetch/index.ts';
import { execute } from '../e2e/cooper.ts';
import { startProxy } from '../fetch/loopback-proxy.ts';

type Case = readonly [variables: Readonly<Record<string, string>>, url: string];

const exempting = (url: string, ...lists: readonly string[]) =>
  lists.map((list): Case => [{ all_proxy: 'PROXY', no_proxy: list }, url]);

const cases: readonly Case[] = [
  [{ http_proxy: 'PROXY' }, 'http://images.invalid/'],
  [{ http_proxy: 'PROXY' }, 'https://192.0.2.7:9/'],
  [{ HTTP_PROXY: 'PROXY' }, 'http://192.0.2.7:9/'],
  [{ https_proxy: 'PROXY' }, 'https://images.invalid/'],
  [{ HTTPS_PROXY: 'PROXY' }, 'https://images.invalid/'],
  [{ ALL_PROXY: 'PROXY' }, 'http://images.invalid/'],
  [{ all_proxy: 'PROXY', https_proxy: '' }, 'https://images.invalid/'],
  [{ all_proxy: 'PROXY', NO_PROXY: '192.0.2.7' }, 'http://192.0.2.7:9/'],
  ...exempting(
    'http://images.invalid/',
    'images.invalid',
    '.invalid',
    'invalid',
    '*',
    'ages.invalid',
    'a, images.invalid',
  ),
  ...exempting('http://192.0.2.7:9/', '192.0.2.7', '192.0.2.0/24', '10.0.0.0/8', '0.2.7'),
  ...exempting('http://[2001:db8::7]:9/', '2001:db8::7', 'fd00::/8'),
];

test.each(cases)('with %j both take or leave the proxy to %s', async (given, url) => {
  const proxy = await startProxy({ refuse: 418 });
  const env = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value.replace('PROXY', proxy.authority)]),
  );
  await execute('curl', ['--silent', '--interface', 'lo', '--max-time', '2', url], {
    env: { PATH: process.env.PATH, ...env },
  });
  await proxy.close();
  expect(proxiesOf(env)(new URL(url)) !== undefined).toBe(proxy.asked.length > 0);
});
