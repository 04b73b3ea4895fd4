// Runs a program in a box and shows what it says while it runs; the last lines are kept, to be shown with a failure.

import type { StageReport } from '../events/index.ts';
import { type BoxExit, type BoxIo, type BoxSpec, runBox } from '../native/index.ts';

/** How a program has ended, and the last lines of its output. */
export interface ShownExit extends BoxExit {
  readonly lines: readonly string[];
}

/** Lines of output that are kept. */
const keptLines = 20;

/** Returns however it ended: a failing status is the caller's to judge. `onLine` hears all that is said. Rejects as runBox does. */
export async function runShown(
  spec: BoxSpec,
  report: Pick<StageReport, 'output' | 'addCpu'>,
  { onLine, ...io }: Pick<BoxIo, 'signal' | 'listener'> & { readonly onLine?: (line: string) => void },
): Promise<ShownExit> {
  const lines: string[] = [];
  const exit = await runBox(spec, {
    ...io,
    onLine: (line) => {
      onLine?.(line);
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      report.output(line);
    },
  });
  report.addCpu(exit.cpuSeconds);
  return { ...exit, lines };
}
