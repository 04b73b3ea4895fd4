import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generatePublisherKey, openSigner } from '../../../keys/sign.ts';
import { publish, type RunningServer, serve } from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';

const now = new Date('2026-02-01T12:00:30Z');
const stable = '20260201_11:59';
const testing = '20260201_12:00';
const path = (build: string) => `images/debian/bookworm/amd64/mini/${build}/`;
const folder = mkdtempSync(join(tmpdir(), 'cooper-channels-'));
const tree = join(folder, 'tree');
let server: RunningServer;

beforeAll(async () => {
  await generatePublisherKey(join(folder, 'keys'), { now: new Date('2026-01-01') });
  const signer = await openSigner(join(folder, 'keys'), now);
  await publish(tree, [await madeBuild(folder, signer, mini, stable)], signer, now);
  await publish(tree, [await madeBuild(folder, signer, mini, testing)], signer, now, { channel: 'testing' });
  writeFileSync(join(folder, 'secret'), 'secret');
  symlinkSync(folder, join(tree, 'images/outward'));
  // What stands in a generation by mistake: a link of the right name that leads elsewhere.
  mkdirSync(join(tree, 'live/other'));
  symlinkSync('../../..', join(tree, 'live/other/images'));
  server = await serve({ tree, host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (wanted: string) => fetch(`${server.url}/${wanted}`);

test.each([
  ['', stable],
  ['testing/', testing],
])('below "/%s" the index leads to the files of its newest build', async (root, build) => {
  const index = await (await ask(`${root}/meta/1.0/index-user.7`)).text();
  expect(index).toBe(`debian;bookworm;amd64;mini;${build};/${path(build)}\n`);
  const file = await ask(`${root}${index.trim().split(';')[5]}rootfs.tar.xz`);
  expect(file.status).toBe(200);
  expect(Buffer.from(await file.arrayBuffer())).toEqual(readFileSync(join(tree, path(build), 'rootfs.tar.xz')));
});

test.each([
  `other/${path(stable)}image.json`,
  'other/images/secret',
  `none/${path(stable)}image.json`,
  `keys/${path(stable)}image.json`,
  `testing/testing/${path(stable)}image.json`,
  `images/${path(stable)}image.json`,
  'testing/images/outward/secret',
  'testing/images',
  'testing/cooper/v1/catalog',
])('/%s is no file', async (wanted) => {
  expect((await ask(wanted)).status).toBe(404);
});

test('the page shows what is stable', async () => {
  const page = await (await ask('')).text();
  expect(page).toContain(stable);
  expect(page).not.toContain(testing);
});
