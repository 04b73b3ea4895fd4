import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fastestFirst, inOrderOfSpeed } from '../../../client/fetch/server-speeds.ts';

const now = 1_000_000_000_000;
const servers = ['https://one/', 'two.example', 'https://three/'];
const [one, two, three] = servers as [string, string, string];
const megabyte = 2 ** 20;

describe('the order of servers', () => {
  const order = (speeds: Record<string, [number, number]>) =>
    inOrderOfSpeed(
      servers,
      new Map(Object.entries(speeds).map(([server, [bytesPerSecond, at]]) => [server, { bytesPerSecond, at }])),
      now,
    );

  it('is that in which they were named as long as nothing is known', () => {
    expect(order({})).toEqual(servers);
  });

  it('begins with what was not measured yet, then the fastest', () => {
    expect(order({ [one]: [5, now], [three]: [9, now] })).toEqual([two, three, one]);
  });

  it('ends with what could not be used within the hour', () => {
    expect(order({ [one]: [0, now], [two]: [1, now], [three]: [9, now] })).toEqual([three, two, one]);
    expect(order({ [one]: [0, now - 3_600_001], [two]: [1, now], [three]: [9, now] })).toEqual([one, three, two]);
  });

  it('forgets what is a week old', () => {
    expect(order({ [one]: [1, now], [two]: [2, now - 8 * 24 * 3_600_000], [three]: [9, now] })).toEqual([
      two,
      three,
      one,
    ]);
  });
});

describe('what servers deliver', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'cooper-speeds-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const tried = () => fastestFirst(servers, folder, async (order) => order);

  it('is remembered from run to run', async () => {
    await fastestFirst(servers, folder, async (_, { served, failed }) => {
      served('https://one/images/x', megabyte, 1000);
      served('https://two.example/images/x', megabyte, 10);
      failed(three);
    });
    expect(await tried()).toEqual([two, one, three]);
    expect(await readdir(folder)).toEqual(['servers.json']);
  });

  it('counts also when the run fails in the end', async () => {
    const run = fastestFirst(servers, folder, async (_, { failed }) => {
      failed(one);
      throw new Error('over');
    });
    await expect(run).rejects.toThrow('over');
    expect(await tried()).toEqual([two, three, one]);
  });

  it('says nothing when it is little', async () => {
    await fastestFirst(servers, folder, async (_, { served }) => served('https://three/x', 1000, 1));
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not asked of one server alone', async () => {
    await fastestFirst([one], folder, async (_, { served }) => served(`${one}x`, megabyte, 1));
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['', '{', '{"schemaVersion":1,"servers":{"a":1}}'])('starts anew from a file that holds %j', async (text) => {
    await writeFile(path.join(folder, 'servers.json'), text);
    expect(await tried()).toEqual(servers);
    await fastestFirst(servers, folder, async (_, { failed }) => failed(one));
    expect(JSON.parse(await readFile(path.join(folder, 'servers.json'), 'utf8'))).toMatchObject({ schemaVersion: 1 });
  });
});
