// Where the summary of a build goes: the file that --summary names, and the page of the run under GitHub Actions; and what
// later jobs there may read.

import { appendFileSync, writeFileSync } from 'node:fs';
import { CooperError } from '../../errors/index.ts';
import type { ImageRun } from './image-runs.ts';

/** Writes the file anew, and appends to $GITHUB_STEP_SUMMARY when that is set. Throws `bad-usage`. */
export function deliverSummary(text: string, file: string | undefined, env: NodeJS.ProcessEnv): void {
  if (file !== undefined) writing(file, '--summary', () => writeFileSync(file, text));
  const page = env.GITHUB_STEP_SUMMARY;
  if (page) writing(page, 'GITHUB_STEP_SUMMARY', () => appendFileSync(page, text));
}

/** Appends `built`, `unchanged` and `failed`, each the number of images, to $GITHUB_OUTPUT when that is set. */
export function deliverCounts(runs: readonly ImageRun[], env: NodeJS.ProcessEnv): void {
  const counts = { built: 0, unchanged: 0, failed: 0 };
  for (const { outcome } of runs) counts[outcome instanceof CooperError ? 'failed' : outcome.status] += 1;
  deliverOutputs(counts, env);
}

/** Appends outputs of the step to $GITHUB_OUTPUT when that is set. Values have no line breaks. */
export function deliverOutputs(values: Readonly<Record<string, string | number>>, env: NodeJS.ProcessEnv): void {
  const file = env.GITHUB_OUTPUT;
  if (!file) return;
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  writing(file, 'GITHUB_OUTPUT', () => appendFileSync(file, lines.join('')));
}

function writing(file: string, named: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CooperError('bad-usage', {
      what: `the file of ${named}, ${file}, cannot be written: ${reason}`,
      next: 'Name a file in a folder that is there.',
      cause,
    });
  }
}
