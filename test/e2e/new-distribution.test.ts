// The first walk of docs/new-distribution.md, from nothing to a container. The second one takes longer: test/long.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cooper } from './cooper.ts';
import { blocksOf, doBlocks } from './page-blocks.ts';

const folder = mkdtempSync('/var/tmp/cooper-new-');
// Containers of an ordinary user's ids have to reach their roots.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the page leads from nothing to a container of a new distribution', async () => {
  const blocks = blocksOf('new-distribution.md', 'In a minute');
  expect(blocks.map(({ kind }) => kind)).toEqual(['sh', 'yaml', 'sh', 'sh', 'sh']);
  const printed = await doBlocks(blocks, folder, 'definitions/tiny/definition.yaml');
  expect(printed).toContain('tiny: no faults\n');
  expect(printed).toMatch(/This is tiny\.\n$/);
});

test('an unknown kind of source is told with those that there are, and nothing is written', async () => {
  const outcome = await cooper(['new', 'other', '--source', 'rotfs', '--definitions', join(folder, 'definitions')]);
  expect(outcome.status).toBe(2);
  expect(outcome.stderr).toContain('there is no source of the kind `rotfs`; did you mean `rootfs`? [bad-usage]');
  const again = await cooper(['new', 'other', '--source', 'rootfs', '--definitions', join(folder, 'definitions')]);
  expect(again.status, again.stderr).toBe(0);
});
