import { describe, expect, it } from 'vitest';
import { shardSchema } from '../../image/catalog.ts';
import { inChannel, parseChannel } from '../../image/channel.ts';
import { endOfLifeNotice } from '../../image/end-of-life.ts';

describe('the name of a channel', () => {
  it('is stable when none is given', () => {
    expect(parseChannel(undefined)).toBe('stable');
    expect(parseChannel('testing')).toBe('testing');
  });

  it.each(['', 'Testing', '../x', 'a/b', '1st', 'images', 'meta', 'cooper', 'keys', 'pks', 'streams', '.x'])(
    'is not %j',
    (name) => {
      expect(() => parseChannel(name)).toThrow(expect.objectContaining({ code: 'bad-usage' }));
    },
  );
});

const digest = { size: 1, sha256: '0'.repeat(64) };
const build = { build: '20260201_12:00', path: 'images/x/', manifest: digest };
const shard = (change: object, buildChange: object = {}) => ({
  schemaVersion: 1,
  kind: 'cooper.shard',
  distribution: 'debian',
  images: [
    {
      release: 'r',
      architecture: 'amd64',
      variant: 'v',
      title: 't',
      builds: [{ ...build, ...buildChange }],
      ...change,
    },
  ],
});

describe('a shard', () => {
  it('of a version without channels is one of stable builds without marks', () => {
    const [image] = shardSchema.parse(shard({})).images;
    expect(image).toMatchObject({ withdrawn: [], builds: [{ channels: ['stable'], pinned: false }] });
    expect(inChannel(image?.builds ?? [], 'stable')).toHaveLength(1);
    expect(inChannel(image?.builds ?? [], 'testing')).toEqual([]);
  });

  it.each([
    ['a channel that would be a path', {}, { channels: ['../x'] }],
    ['a channel that is a folder of the server', {}, { channels: ['images'] }],
    ['no channel at all', {}, { channels: [] }],
    ['a withdrawn build of no name', { withdrawn: ['x'] }, {}],
    ['an end of life that is no time', { endOfLife: 'soon' }, {}],
  ])('with %s is refused', (_what, change, buildChange) => {
    expect(shardSchema.safeParse(shard(change, buildChange)).success).toBe(false);
  });

  it('may insist on channels being understood, on nothing else', () => {
    expect(shardSchema.safeParse({ ...shard({}), critical: ['channels'] }).success).toBe(true);
    expect(shardSchema.safeParse({ ...shard({}), critical: ['later'] }).success).toBe(false);
  });
});

it('the end of life is told before and after it', () => {
  const now = new Date('2026-02-01T12:00:00Z');
  expect(endOfLifeNotice('a/b/c/d', undefined, now)).toBeUndefined();
  expect(endOfLifeNotice('a/b/c/d', '2026-02-01T12:00:00Z', now)).toContain('since 2026-02-01');
  expect(endOfLifeNotice('a/b/c/d', '2026-02-02T00:00:00Z', now)).toContain('on 2026-02-02');
});
