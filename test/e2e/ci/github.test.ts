// docs/ci/github/images.yml, run step by step: what has changed is built, a job an image, and published; the next night
// nothing has changed, and only signatures are renewed.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generatePublisherKey } from '../../../keys/sign.ts';
import { miniName, publishedMini } from '../published.ts';
import { checkout } from './bash-step.ts';
import { type RanJob, runWorkflow } from './github-runner.ts';

const passphrase = 'known to the runner alone';
let folder: string;
let key: string;
let cache: string;

beforeAll(async () => {
  const { home } = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-github-');
  const keys = join(folder, 'keys');
  await generatePublisherKey(keys, { now: new Date(), passphrase });
  key = readFileSync(join(keys, 'publisher.key'), 'utf8');
  cache = join(home, 'cache');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One night. The runner's home has packages and blocks already: nothing is fetched or compressed again. */
function night(runId: string): Promise<Record<string, readonly RanJob[]>> {
  return runWorkflow(join(checkout, 'docs/ci/github/images.yml'), {
    folder: join(folder, runId),
    caches: join(folder, 'caches'),
    runId,
    inputs: { images: miniName },
    secrets: { COOPER_PUBLISHER_KEY: key, COOPER_PASSPHRASE: passphrase },
    vars: {},
    prepare: (temp) => {
      mkdirSync(join(temp, 'cooper/cache'), { recursive: true });
      for (const part of ['packages', 'blocks']) symlinkSync(join(cache, part), join(temp, 'cooper/cache', part));
    },
  });
}

test('the first night builds and publishes the image, the second finds nothing changed and renews', async () => {
  const first = await night('1001');
  expect(first.plan?.[0]?.outputs.count).toBe('1');
  const [cell] = first.build ?? [];
  expect(cell?.log).toContain(`::group::${miniName}: pack\n`);
  expect(cell?.summary).toContain(`| \`${miniName}\` |`);
  expect(cell?.summary).toContain('| built | passed |');
  expect(first.publish?.[0]?.log).toMatch(/generation \d+ is live: 1 images/);

  const second = await night('1002');
  expect(second.plan?.[0]?.outputs.count).toBe('0');
  expect(second.build?.map(({ result }) => result)).toEqual(['skipped']);
  expect(second.publish?.[0]?.log).toMatch(/generation \d+ is live: 1 images/);
  expect(second.pages?.map(({ result }) => result)).toEqual(['skipped']);
});
