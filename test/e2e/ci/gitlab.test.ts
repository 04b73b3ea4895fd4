// docs/ci/gitlab, run job by job: the plan makes a child pipeline, its jobs build and publish.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../cooper.ts';
import { miniName, publishedMini } from '../published.ts';
import { checkout } from './bash-step.ts';
import { type JobPlace, jobsInOrder, readPipeline, runJob } from './gitlab-runner.ts';

const parent = join(checkout, 'docs/ci/gitlab/gitlab-ci.yml');
let folder: string;
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  const { home } = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-gitlab-');
  const key = readFileSync(join(home, 'keys/publisher.key'), 'utf8');
  variables = { IMAGES: miniName, PUBLISHER_KEY: key };
  const cache = join(folder, 'project/.cooper/cache');
  mkdirSync(cache, { recursive: true });
  for (const part of ['packages', 'blocks']) symlinkSync(join(home, 'cache', part), join(cache, part));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = (): JobPlace => ({ project: join(folder, 'project'), caches: join(folder, 'caches'), variables });

test('the plan makes a child pipeline that builds and publishes; the next one only publishes', async () => {
  await runJob(readPipeline(parent), 'plan', place());
  const child = readPipeline(join(folder, 'project/child-pipeline.yml'));
  expect(jobsInOrder(child)).toEqual([miniName, 'publish']);
  await runJob(child, miniName, place());
  expect(readFileSync(join(folder, 'project/summary.md'), 'utf8')).toContain('| built | passed |');
  expect(await runJob(child, 'publish', place())).toMatch(/generation \d+ is live: 1 images/);

  await runJob(readPipeline(parent), 'plan', place());
  expect(jobsInOrder(readPipeline(join(folder, 'project/child-pipeline.yml')))).toEqual(['publish']);
});

test('a child pipeline is not made from what is no matrix', async () => {
  const script = join(checkout, 'docs/ci/gitlab/child-pipeline.mjs');
  const other = join(folder, 'other.json');
  writeFileSync(other, '{"images":[]}');
  const { status, stdout, stderr } = await execute('node', [script, other]);
  expect(status).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toContain('is not a matrix');
});
