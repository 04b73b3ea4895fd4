// For steps of the builder that run outside a build: nobody listens.

import type { StageReport } from '../../events/index.ts';

/** Says nothing. */
export const silentReport: StageReport = {
  progress: () => undefined,
  output: () => undefined,
  notice: () => undefined,
  addCpu: () => undefined,
};
