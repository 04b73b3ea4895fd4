// The log of a build: what the stages and the scripts inside said, as plain lines. It lies in the workspace; a failed build
// leaves it beside the workspaces, where errors say it is, a successful one has it as build.log.

import { closeSync, copyFileSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, Reporter } from '../events/index.ts';

/** An open log. */
export interface BuildLog {
  /** Where the log is after a failure. */
  readonly keptAt: string;
  readonly report: Reporter;
  /** Copies what there is so far. */
  readonly copyTo: (path: string) => void;
  /** Ends the log; `failed` keeps it, else one kept of an earlier build is removed. */
  readonly close: (failed: boolean) => void;
}

/** Opens `<workspace>/log` and passes events through to `next`; it would be kept as `<buildsDir>/<name>.log`. */
export function openBuildLog(workspace: string, buildsDir: string, name: string, next: Reporter): BuildLog {
  const path = join(workspace, 'log');
  const keptAt = join(buildsDir, `${name}.log`);
  const file = openSync(path, 'wx', 0o644);
  let open = true;
  return {
    keptAt,
    copyTo: (target) => copyFileSync(path, target),
    close: (failed) => {
      open = false;
      closeSync(file);
      if (failed) copyFileSync(path, keptAt);
      else rmSync(keptAt, { force: true });
    },
    report: (event) => {
      const line = logLine(event);
      if (open && line !== undefined) writeSync(file, `${line}\n`);
      next(event);
    },
  };
}

// Progress is for watching, not for reading afterwards.
function logLine(event: Event): string | undefined {
  if (event.type === 'progress') return undefined;
  const time = new Date(event.time).toISOString();
  if (event.type === 'stage-start') return `${time} [${event.stage}] begins`;
  if (event.type === 'output') return `${time} [${event.stage}] ${event.line}`;
  if (event.type === 'notice') return `${time} [${event.stage}] note: ${event.message}`;
  const outcome = event.ok ? 'done' : 'failed';
  return `${time} [${event.stage}] ${outcome} in ${event.seconds.toFixed(2)} s (${event.cpuSeconds.toFixed(2)} s CPU)`;
}
