// usage: child-pipeline.mjs [MATRIX.json] > PIPELINE.yml
// A child pipeline of GitLab from `cooper build --matrix json`: one job an image, and one that publishes what they built.
// JSON is YAML. Refuses what is no such matrix.

import { readFileSync } from 'node:fs';

const { include } = JSON.parse(readFileSync(process.argv[2] ?? 'matrix.json', 'utf8'));
if (!Array.isArray(include)) throw new TypeError('the input is not a matrix of `cooper build --matrix json`');

const jobs = include.map(({ image, slug, architecture }) => {
  if (typeof image !== 'string' || typeof slug !== 'string') throw new TypeError('a cell without image or slug');
  return [image, { extends: '.image', variables: { IMAGE: image, SLUG: slug, ARCHITECTURE: architecture } }];
});
const pipeline = {
  include: [{ local: 'docs/ci/gitlab/jobs.yml' }],
  ...Object.fromEntries(jobs),
  publish: { extends: '.publish' },
};
process.stdout.write(`${JSON.stringify(pipeline, null, 2)}\n`);
