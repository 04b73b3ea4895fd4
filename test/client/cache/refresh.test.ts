import { expect, it } from 'vitest';
import type { KeptImage } from '../../../client/cache/choose-kept.ts';
import { byRefresh, type ImageWays, type Refresh, withReason } from '../../../client/cache/refresh.ts';
import type { OldCatalogs } from '../../../client/verify/attacks.ts';
import { CooperError, type ErrorCode } from '../../../errors/index.ts';

const image = { build: '20260101_00:00', publisher: { catalog: { issued: 'ISSUED', expires: 'EXPIRES' } } };
const kept = { image, notices: ['it is old'] } as unknown as KeptImage;
const failing = (code: ErrorCode) => () => Promise.reject(new CooperError(code, { what: `the ${code}` }));

interface Run {
  readonly fromServers?: ImageWays<{ readonly from: string }>['fromServers'];
  readonly kept?: (old: OldCatalogs) => Promise<KeptImage>;
}

/** What came of it, what was asked, and what was said. */
async function run(refresh: Refresh, { fromServers, kept: keptOf }: Run, goodTime = 60_000) {
  const asked: string[] = [];
  const said: string[] = [];
  const outcome = await byRefresh(
    refresh,
    {
      fromServers: (patience) => {
        asked.push('servers');
        return fromServers?.(patience) ?? Promise.resolve({ from: 'servers' });
      },
      kept: (old) => {
        asked.push(`cache, old: ${old}`);
        return keptOf?.(old) ?? Promise.resolve(kept);
      },
      fromCache: async () => ({ from: 'cache' }),
      notice: (message) => said.push(message),
      signal: new AbortController().signal,
    },
    goodTime,
  ).catch((error: unknown) => ({ error: error as CooperError }));
  return { outcome, asked, said };
}

it.each(['auto', 'always'] as const)(
  '%s takes what the servers have, and does not look into the cache',
  async (refresh) => {
    expect(await run(refresh, {})).toEqual({
      outcome: { from: 'servers', offline: false },
      asked: ['servers'],
      said: [],
    });
  },
);

it('never asks no server, takes what is old, and says how old it is', async () => {
  const { outcome, asked, said } = await run('never', {});
  expect([outcome, asked]).toEqual([{ from: 'cache', offline: 'asked nobody' }, ['cache, old: take']]);
  expect(said).toEqual([expect.stringMatching(/20260101_00:00.*ISSUED.*EXPIRES/), 'it is old']);
});

it('missing takes what is in the cache, however old, and asks no server', async () => {
  const { outcome, asked, said } = await run('missing', {});
  expect([outcome, asked]).toEqual([{ from: 'cache', offline: 'asked nobody' }, ['cache, old: take']]);
  expect(said).toHaveLength(2);
});

it('missing does as auto where the cache has nothing, and says no other fault away', async () => {
  expect(await run('missing', { kept: failing('image-not-cached') })).toEqual({
    outcome: { from: 'servers', offline: false },
    asked: ['cache, old: take', 'servers'],
    said: [],
  });
  const { outcome, asked } = await run('missing', { kept: failing('signature-revoked') });
  expect(outcome).toMatchObject({ error: { code: 'signature-revoked' } });
  expect(asked).toEqual(['cache, old: take']);
});

it.each(['server-unreachable', 'proxy-failed'] as const)(
  'auto takes what is in the cache and not old when no server answers (%s), and says so',
  async (code) => {
    const { outcome, asked, said } = await run('auto', { fromServers: failing(code) });
    expect(outcome).toEqual({ from: 'cache', offline: 'silence' });
    expect(asked).toEqual(['servers', 'cache, old: refuse']);
    expect(said).toHaveLength(3);
  },
);

it('always fails when no server answers', async () => {
  const { outcome, asked } = await run('always', { fromServers: failing('server-unreachable') });
  expect(outcome).toMatchObject({ error: { code: 'server-unreachable' } });
  expect(asked).toEqual(['servers']);
});

it.each([
  'rollback-refused',
  'catalog-expired',
  'key-mismatch',
  'signature-revoked',
  'digest-mismatch',
  'proxy-login',
  'image-not-found',
  'not-found-on-server',
] as const)('auto does not hide %s behind the cache', async (code) => {
  const { outcome, asked } = await run('auto', { fromServers: failing(code) });
  expect(outcome).toMatchObject({ error: { code } });
  expect(asked).toEqual(['servers']);
});

it('auto waits for servers only for a while when there is something in the cache', async () => {
  const stalling: Run['fromServers'] = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const { outcome } = await run('auto', { fromServers: stalling }, 1);
  expect(outcome).toEqual({ from: 'cache', offline: 'late' });
});

it('a server that has said what it has may take as long as it takes', async () => {
  const slow: Run['fromServers'] = async ({ signal, answered }) => {
    answered();
    await new Promise((resolve) => setTimeout(resolve, 20));
    signal.throwIfAborted();
    return { from: 'servers' };
  };
  expect((await run('auto', { fromServers: slow }, 1)).outcome).toEqual({ from: 'servers', offline: false });
});

it('servers are waited for when the cache has nothing', async () => {
  const slow: Run['fromServers'] = async ({ signal }) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    signal.throwIfAborted();
    return { from: 'servers' };
  };
  const { outcome } = await run('auto', { fromServers: slow, kept: failing('image-not-cached') }, 1);
  expect(outcome).toEqual({ from: 'servers', offline: false });
});

it('why the cache does not help is told beside the failure of the servers, with the way that is left', () => {
  const failure = new CooperError('server-unreachable', { what: 'nobody', next: 'Wait.' });
  const told = (code: ErrorCode) => withReason(failure, new CooperError(code, { what: 'WHY' }));
  expect(told('image-not-cached')).toBe(failure);
  expect(told('catalog-expired')).toMatchObject({
    code: 'server-unreachable',
    next: expect.stringContaining('--refresh never'),
  });
  expect(told('rollback-refused').lines).toEqual([expect.stringContaining('WHY')]);
  expect(told('signature-revoked')).toMatchObject({ next: 'Wait.', lines: [expect.stringContaining('WHY')] });
});
