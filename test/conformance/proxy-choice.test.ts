// Whether curl and Cooper read the same out of the variables for proxies: a proxy on loopback sees whether curl comes.

import { expect, test } from 'vitest';
import { proxiesOf } from '../../fetch/index.ts';
import { execute } from '../e2e/cooper.ts';
import { startProxy } from '../fetch/loopback-proxy.ts';

type Case = readonly [variables: Readonly<Record<string, string>>, url: string];

const exempting = (url: string, ...lists: readonly string[]) =>
  lists.map((list): Case => [{ all_proxy: 'PROXY', no_proxy: list }, url]);

const cases: readonly Case[] = [
  [{ http_proxy: 'PROXY' }, 'http://images.invalid/'],
  [{ http_proxy: 'PROXY' }, 'https://127.0.0.1:9/'],
  [{ HTTP_PROXY: 'PROXY' }, 'http://127.0.0.1:9/'],
  [{ https_proxy: 'PROXY' }, 'https://images.invalid/'],
  [{ HTTPS_PROXY: 'PROXY' }, 'https://images.invalid/'],
  [{ ALL_PROXY: 'PROXY' }, 'http://images.invalid/'],
  [{ all_proxy: 'PROXY', https_proxy: '' }, 'https://images.invalid/'],
  [{ all_proxy: 'PROXY', NO_PROXY: '127.0.0.1' }, 'http://127.0.0.1:9/'],
  ...exempting(
    'http://images.invalid/',
    'images.invalid',
    '.invalid',
    'invalid',
    '*',
    'ages.invalid',
    'a, images.invalid',
  ),
  ...exempting('http://127.0.0.1:9/', '127.0.0.1', '127.0.0.0/8', '10.0.0.0/8', '0.0.1'),
  ...exempting('http://[::1]:9/', '::1', 'fd00::/8'),
];

test.each(cases)('with %j both take or leave the proxy to %s', async (given, url) => {
  const proxy = await startProxy({ refuse: 418 });
  const env = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value.replace('PROXY', proxy.authority)]),
  );
  await execute('curl', ['--silent', '--max-time', '5', url], { env: { PATH: process.env.PATH, ...env } });
  await proxy.close();
  expect(proxiesOf(env)(new URL(url)) !== undefined).toBe(proxy.asked.length > 0);
});
