import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { archivesIn } from '../../../client/cache/image-archives.ts';
import { KeptFiles } from '../../../client/cache/kept-files.ts';
import { type TendRequest, tendCache } from '../../../client/cache/tend.ts';
import { createStages } from '../../../events/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-tend-'));
});
afterEach(() => rm(folder, { recursive: true }));

const now = new Date();
const day = 24 * 3600 * 1000;

/** What is said when it is done. */
async function tend(change: Partial<TendRequest>, signal = new AbortController().signal): Promise<string[]> {
  const said: string[] = [];
  const stages = createStages(() => undefined, signal);
  await tendCache({ kept: new KeptFiles(folder), now, notice: (message) => said.push(message), ...change }, stages);
  return said;
}

async function archive(letter: string, age: number): Promise<void> {
  const file = join(folder, `${letter.repeat(64)}.tar.xz`);
  await writeFile(file, 'an archive');
  const used = new Date(now.getTime() - age * day);
  await utimes(file, used, used);
}

it('a server that fails now does not fail the run: the container is there', async () => {
  const newest = () => Promise.reject(new Error('nobody answers'));
  expect(await tend({ newest })).toEqual([expect.stringContaining('nobody answers')]);
});

it('a run that is stopped now has its container all the same', async () => {
  const stop = new AbortController();
  const newest = () => {
    stop.abort(new Error('stopped'));
    return Promise.reject(stop.signal.reason);
  };
  expect(await tend({ newest }, stop.signal)).toEqual([expect.stringContaining('stopped')]);
  expect(await tend({ newest }, stop.signal)).toEqual([expect.stringContaining('the container is there')]);
});

it('archives of which nobody knows anything go when they are old, as all do', async () => {
  await archive('a', 11);
  await archive('b', 9);
  expect(await tend({})).toEqual([]);
  expect(await archivesIn(folder)).toEqual([join(folder, `${'b'.repeat(64)}.tar.xz`)]);
});

it('a folder that is not there is left so', async () => {
  expect(await tend({ kept: new KeptFiles(join(folder, 'none')) })).toEqual([]);
});
