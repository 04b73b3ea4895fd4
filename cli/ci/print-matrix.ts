// `cooper build --matrix json`: the cells on standard output, one line, and as outputs of a step under GitHub Actions.

import type { ResolvedImage } from '../../variants/index.ts';
import type { CommandContext } from '../context.ts';
import { deliverOutputs } from './deliver-summary.ts';
import { matrixOf, mostGithubJobs } from './matrix.ts';

/** Prints the matrix; outputs are `matrix` (the same line) and `count` (cells; GitHub refuses a matrix without any). */
export function printMatrix(context: CommandContext, images: readonly ResolvedImage[]): number {
  const { env } = context;
  const line = JSON.stringify(matrixOf(images));
  if (env.GITHUB_ACTIONS === 'true' && images.length > mostGithubJobs) {
    const message = `${images.length} images: GitHub starts at most ${mostGithubJobs} jobs of one matrix`;
    context.report({ type: 'notice', time: Date.now(), stage: 'matrix', message });
  }
  context.print(`${line}\n`);
  deliverOutputs({ matrix: line, count: images.length }, env);
  return 0;
}
