// Failures as annotations of GitHub Actions: shown on the page of the run, and those of a definition at their line of the
// change that made them. Pure: paths are reckoned, not looked at.

import { relative, resolve } from 'node:path';
import type { CooperError } from '../../errors/index.ts';
import { plainText } from '../../events/index.ts';
import { workflowCommand } from './workflow-command.ts';

/** What paths of messages are relative to, and what paths of annotations have to be relative to. */
export interface Checkout {
  readonly cwd: string;
  /** $GITHUB_WORKSPACE. */
  readonly workspace: string | undefined;
}

/** One fault of a definition as load.ts words it: `FILE:LINE:COLUMN: MESSAGE`. */
const placed = /^(?<file>.+?):(?<line>\d+):(?<column>\d+): (?<message>.*)$/;

/** Workflow commands, one a line, that tell this failure: each fault of a definition for itself, all else as one. */
export function annotations(error: CooperError, checkout: Checkout): string[] {
  const title = error.code;
  const faults = error.code === 'definition-faulty' ? error.lines.flatMap(faultOf) : [];
  if (faults.length > 0) {
    return faults.map(({ message, file, ...place }) =>
      workflowCommand('error', message, { title, file: inWorkspace(file, checkout), ...place }),
    );
  }
  const text = [error.message, ...error.lines.map((line) => `| ${plainText(line)}`), `next: ${error.next}`].join('\n');
  return [workflowCommand('error', text, { title })];
}

function faultOf(text: string): { file: string; line: string; col: string; message: string }[] {
  const { file, line, column, message } = placed.exec(text)?.groups ?? {};
  if (file === undefined || line === undefined || column === undefined || message === undefined) return [];
  return [{ file, line, col: column, message }];
}

function inWorkspace(file: string, { cwd, workspace }: Checkout): string {
  if (workspace === undefined || workspace === '') return file;
  const path = relative(workspace, resolve(cwd, file));
  return path.startsWith('../') ? resolve(cwd, file) : path;
}
