// The second walk of docs/new-distribution.md: a distribution of packages, two variants, of the shared mirror.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { blocksOf, doBlocks } from '../e2e/page-blocks.ts';

const folder = mkdtempSync('/var/tmp/cooper-new-');
// Containers of an ordinary user's ids have to reach their roots.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the page leads from nothing to two variants of a new distribution', async () => {
  const blocks = blocksOf('new-distribution.md', 'With packages');
  expect(blocks.map(({ kind }) => kind)).toEqual(['sh', 'yaml', 'sh']);
  const printed = await doBlocks(blocks, folder, 'definitions/mine/definition.yaml');
  expect(printed).toMatch(/less/);
}, 1_800_000);
