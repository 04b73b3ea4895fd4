// Packages that nobody has signed: known by what they were when they were fetched first, wherever they come from later.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Choice } from '../../builder/source/kind.ts';
import { openSource } from '../../builder/source/kinds.ts';
import { createStages } from '../../events/index.ts';
import { createTransport, type Transport } from '../../fetch/index.ts';
import { digestOf } from '../../keys/digest.ts';
import type { ImageLayer, Source } from '../../variants/resolved.ts';
import { type Files, serveArchive } from '../builder/source/debian/signed-archive.ts';
import { addListings, makePackage } from '../builder/source/pkgtools/made-packages.ts';
import type { Loopback } from '../fetch/loopback.ts';
import { imageFrom } from './image-from.ts';

const path = 'plamo/00_base/bash-5.2-x86_64-B1.txz';
const definition = 'http://127.0.0.1:9/Plamo-8.x/x86_64';
let folder: string;
let files: Files;
let server: Loopback;
let transport: Transport;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-unsigned-'));
  files = new Map([[path, shell('a shell')]]);
  addListings(files, 'plamo');
  server = await serveArchive(files);
  transport = createTransport({ attempts: 1 });
});

afterEach(async () => {
  transport.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const shell = (text: string) =>
  makePackage(mkdtempSync(join(folder, 'made-')), 'bash-5.2-x86_64-B1.txz', { files: { 'bin/bash': text } });

async function choose(
  source: Source = { kind: 'plamo', mirror: definition, ignore: [] },
  layer: Partial<ImageLayer> = { categories: ['00_base'] },
): Promise<Choice | undefined> {
  const image = imageFrom(source, layer);
  const { signal } = new AbortController();
  const opened = await openSource(image, {
    ...{ cacheDir: join(folder, 'cache'), seenDir: join(folder, 'trust'), mirrors: { main: server.url } },
    ...{ transport, signal, now: new Date(), idMap: { uid: [], gid: [] } },
    holdContainer: () => Promise.reject(new TypeError('no containers here')),
    findTools: () => Promise.reject(new TypeError('no tools here')),
    findLogin: async () => undefined,
  });
  const stages = createStages(() => undefined, signal);
  return (await opened.choose([image], stages))[0];
}

const digests = (choice: Choice | undefined) =>
  choice?.chain.flatMap(({ packages }) => packages.map(({ digest }) => digest));
const known = () => join(folder, 'trust', readdirSync(join(folder, 'trust'))[0] ?? '');

describe('packages that nobody has signed', () => {
  test('are remembered under the mirror of the definition, whatever mirror they come from', async () => {
    const choice = await choose();
    const digest = digestOf(files.get(path) ?? Buffer.alloc(0));
    expect(digests(choice)).toEqual([digest]);
    expect(choice).toMatchObject({ vouched: 'first-use', epoch: 1_750_000_000, indices: [] });
    expect(JSON.parse(readFileSync(known(), 'utf8'))).toEqual({
      schemaVersion: 1,
      mirror: definition,
      files: { [path]: { ...digest, compared: false } },
    });
  });

  test('are not fetched again', async () => {
    await choose();
    files.set(path, shell('another'));
    await choose();
    expect(server.asked.get(`/${path}`)).toBe(1);
  });

  test('are refused when they are others than at first, once the cache is gone', async () => {
    await choose();
    rmSync(join(folder, 'cache'), { recursive: true });
    files.set(path, shell('another'));
    const next = expect.stringContaining(`take ${path} out of ${known()}`);
    await expect(choose()).rejects.toMatchObject({ code: 'first-use-changed', next });
  });

  test('are compared once a second mirror is named', async () => {
    await choose();
    const itself: Source = { kind: 'plamo', mirror: definition, compare: `${server.url}/`, ignore: [] };
    expect(await choose(itself)).toMatchObject({ vouched: 'first-use' });
    const second = server.url.replace('127.0.0.1', 'localhost');
    const source: Source = { kind: 'plamo', mirror: definition, compare: second, ignore: [] };
    expect(await choose(source)).toMatchObject({ vouched: 'mirrors' });
    expect(JSON.parse(readFileSync(known(), 'utf8')).files[path].compared).toBe(true);
    expect(await choose(source)).toMatchObject({ vouched: 'mirrors' });
    expect(server.asked.get(`/${path}`)).toBe(2);
  });

  test('have to be in the folder when it lists them', async () => {
    files.delete(path);
    await expect(choose()).rejects.toMatchObject({ code: 'package-missing', message: expect.stringContaining(path) });
    expect(readdirSync(folder)).not.toContain('trust');
  });

  test('have to have the names of packages', async () => {
    files.set('plamo/00_base/bash.txz', Buffer.from('x'));
    addListings(files, 'plamo');
    await expect(choose()).rejects.toMatchObject({ code: 'package-list-malformed' });
  });

  test.each([
    ['that is missing', undefined, 'component-missing', /no folder plamo\/00_base$/],
    ['that is a page to log in', '<a href="x">Log in</a>', 'package-list-malformed', /not the listing of a folder$/],
  ])('cannot come from a category %s', async (_what, page, code, message) => {
    if (page === undefined) files.delete('plamo/00_base/');
    else files.set('plamo/00_base/', Buffer.from(page));
    await expect(choose()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('are not believed by a memory that is damaged', async () => {
    await choose();
    writeFileSync(known(), '{');
    await expect(choose()).rejects.toMatchObject({ code: 'trust-state-invalid' });
  });

  test('of Slackware are held against its checksums besides', async () => {
    const own = 'slackware64/a/bash-5.2-x86_64-1.txz';
    files.set(own, shell('a shell'));
    files.set('CHECKSUMS.md5', Buffer.from(`d41d8cd98f00b204e9800998ecf8427e  ./${own}\n`));
    const source: Source = { kind: 'slackware', mirror: definition, priorities: ['ADD'], ignore: [] };
    await expect(choose(source, { include: ['bash'] })).rejects.toMatchObject({ code: 'package-mismatch' });
    await expect(choose(source, { categories: ['n'] })).rejects.toMatchObject({ code: 'component-missing' });
    files.set(own, Buffer.alloc(0));
    await expect(choose(source, { include: ['bash'] })).rejects.toMatchObject({ code: 'archive-corrupt' });
  });
});
