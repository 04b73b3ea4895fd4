import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  definitionFolders,
  definitionsAt,
  findDefinition,
  hostArchitecture,
  listDefinitions,
  openImage,
  openImages,
} from '../../variants/index.ts';
import { sample, withDefinition } from './sample.ts';

let extra: string;
beforeAll(async () => {
  extra = await mkdtemp(join(tmpdir(), 'cooper-definitions-'));
  for (const name of ['zeta', 'alpha']) {
    await mkdir(join(extra, name));
    await writeFile(join(extra, name, 'definition.yaml'), 'name: x\n');
  }
  await mkdir(join(extra, 'no-definition'));
  await writeFile(join(extra, 'a-file'), '');
});
afterAll(() => rm(extra, { recursive: true }));

test("the package's own definitions are found from wherever the program runs", async () => {
  expect([...(await listDefinitions(definitionFolders())).keys()]).toContain('debian');
});

test('folders without a definition are none', async () => {
  expect([...(await listDefinitions([extra])).keys()]).toEqual(['alpha', 'zeta']);
});

test('a folder to check is a definition itself or holds some', async () => {
  expect([...(await definitionsAt(join(extra, 'alpha')))]).toEqual([['alpha', join(extra, 'alpha')]]);
  expect([...(await definitionsAt(extra)).keys()]).toEqual(['alpha', 'zeta']);
});

test.each(['no-definition', 'a-file', 'nowhere'])('a folder without any definition (%s) is bad usage', async (name) => {
  await expect(definitionsAt(join(extra, name))).rejects.toMatchObject({ code: 'bad-usage' });
});

test('an unknown distribution is refused with a near match and all there are', async () => {
  await expect(findDefinition('zta', [extra])).rejects.toMatchObject({
    code: 'unknown-distribution',
    exit: 2,
    message: 'there is no definition of `zta`; did you mean `zeta`?',
    lines: ['there are: alpha, zeta'],
  });
});

test("a folder of the user's goes before the package's", async () => {
  await withDefinition(sample, async (folder) => {
    const image = await openImage('sample/new/arm64/default', { definitions: join(folder, '..') });
    expect(image.title).toBe('Sample 2 "new", default');
  });
});

test('all images are those of every release and variant that the host can run', async () => {
  const foreign = hostArchitecture() === 'arm64' ? 'amd64' : 'arm64';
  const yaml = sample
    .replace('architectures: [amd64, arm64]', `architectures: [${hostArchitecture()}, ${foreign}]`)
    .replace('architectures: [amd64]', `architectures: [${foreign}]`)
    .replace('architectures: [arm64]', `architectures: [${foreign}]`);
  await withDefinition(yaml, async (folder) => {
    const images = await openImages({ definitions: join(folder, '..') });
    const ours = images.filter(({ distribution }) => distribution === 'sample');
    expect(ours.map(({ release, variant }) => `${release}/${variant}`)).toEqual([
      'new/mini',
      'new/default',
      'new/large',
    ]);
    expect(images.some(({ distribution }) => distribution === 'debian')).toBe(true);
  });
});

test('a folder of definitions that does not exist is a usage error', async () => {
  await expect(listDefinitions([join(extra, 'absent')])).rejects.toMatchObject({ code: 'bad-usage' });
});
