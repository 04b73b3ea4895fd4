// kill -9 of `cooper create` at a hundred moments, with a real image: see test/client/killed-creates.ts for what must hold after each.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killCreates } from '../client/killed-creates.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from '../e2e/published.ts';

const kills = Number(process.env.COOPER_TEST_KILLS ?? 100);
const seed = Number(process.env.COOPER_TEST_SEED ?? Date.now() % 1_000_000);
let mini: PublishedMini;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  mini = await publishedMini();
  server = await startServer(mini.home);
  folder = mkdtempSync('/var/tmp/cooper-killed-');
}, 900_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(`${kills} kills, seed ${seed}`, { timeout: 3 * 3600_000 }, async () => {
  const words = [miniName, '--server', server.url, '--keyid', mini.fingerprint];
  const hits = await killCreates({ home: join(folder, 'home'), words, kills, seed });
  expect(hits).toBeGreaterThan(kills / 3);
});
