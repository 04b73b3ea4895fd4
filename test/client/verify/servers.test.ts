import { expect, it } from 'vitest';
import { fromFirst } from '../../../client/verify/servers.ts';
import { CooperError, type ErrorCode } from '../../../errors/index.ts';

const servers = ['http://one', 'http://two', 'http://three'];

/** Attempts that fail with these codes, one a server, and then succeed; tells what was asked and said. */
async function tried(codes: readonly ErrorCode[], named = servers) {
  const asked: string[] = [];
  const said: string[] = [];
  const attempt = async (server: string) => {
    asked.push(server);
    const code = codes[asked.length - 1];
    if (code !== undefined) throw new CooperError(code, { what: `${server} failed` });
    return server;
  };
  const result = await fromFirst(named, attempt, (message) => said.push(message)).catch((error: unknown) => error);
  return { result, asked, said };
}

it('the first server that delivers is the last that is asked', async () => {
  expect(await tried([])).toEqual({ result: 'http://one', asked: ['http://one'], said: [] });
});

it.each([
  'server-unreachable',
  'proxy-failed',
  'proxy-login',
  'catalog-expired',
  'signature-invalid',
  'image-not-found',
] as const)('a server that fails with %s is passed over, and that is said', async (code) => {
  const { result, said } = await tried([code]);
  expect(result).toBe('http://two');
  expect(said).toEqual([`passed over http://one: http://one failed [${code}]`]);
});

it.each(['no-space', 'key-missing', 'trust-state-invalid', 'interrupted'] as const)(
  '%s is no fault of the server: no other is asked',
  async (code) => {
    const { result, asked } = await tried([code]);
    expect(result).toMatchObject({ code });
    expect(asked).toEqual(['http://one']);
  },
);

it('when all fail, a refusal goes before a server that is not there, and the others are told', async () => {
  const { result, said } = await tried(['server-unreachable', 'signature-invalid', 'not-found-on-server']);
  expect(result).toMatchObject({
    code: 'signature-invalid',
    exit: 3,
    lines: ['besides: http://one failed [server-unreachable]', 'besides: http://three failed [not-found-on-server]'],
  });
  expect(said).toHaveLength(2);
});

it('an address that is none is refused before any server is asked', async () => {
  const { result, asked } = await tried([], ['http://one', 'ftp://two']);
  expect(result).toMatchObject({ code: 'bad-usage' });
  expect(asked).toEqual([]);
});
