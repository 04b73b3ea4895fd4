// `npm test`: sets up what is missing, then runs every test but the long ones; closes with one line of counts.
// `npm run test:long` runs those. Further words go to vitest.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finish } from './children.mjs';
import { checkout, prepare, testPackages, unpackDebianPackages } from './setup.mjs';

await prepare(testPackages);
unpackDebianPackages();

const projects = process.argv.includes('--long') ? ['long'] : ['unit', 'system', 'alone'];
const further = process.argv.slice(2).filter((word) => word !== '--long');

const folder = mkdtempSync(join(tmpdir(), 'cooper-test-'));
const report = join(folder, 'report.json');
try {
  const words = [
    'run',
    ...projects.map((name) => `--project=${name}`),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...further,
  ];
  const { status } = await finish(join(checkout, 'node_modules/.bin/vitest'), words, {
    stdio: 'inherit',
    cwd: checkout,
  });
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  const skipped = counts.numPendingTests + counts.numTodoTests;
  process.stdout.write(`${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${skipped} skipped\n`);
  process.exitCode = status;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
