// What a build says, in two files of its workspace: `log`, plain lines for people, and events.ndjson, the same events for
// programs. A failed build leaves both beside the workspaces, where errors say they are; a successful one has the log as
// build.log.

import { closeSync, copyFileSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, Reporter } from '../events/index.ts';
import { openEventFile } from './event-file.ts';

/** Which build the log is of, and who else is told. */
export interface LoggedBuild {
  /** `dist/release/arch/variant`. */
  readonly image: string;
  readonly build: string;
  /** Folder that the files are kept in after a failure. */
  readonly buildsDir: string;
  /** Gets every event too. */
  readonly report: Reporter;
}

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

/**
 * Opens `<workspace>/log` and `<workspace>/events.ndjson`, which would be kept as `<buildsDir>/<image>.log` and
 * `<image>.events.ndjson`, and tells that the build begins; `close` tells that it has ended.
 */
export function openBuildLog(workspace: string, { image, build, buildsDir, report: next }: LoggedBuild): BuildLog {
  const stem = join(buildsDir, image.replaceAll('/', '-'));
  const files = [
    { path: join(workspace, 'log'), keptAt: `${stem}.log` },
    { path: join(workspace, 'events.ndjson'), keptAt: `${stem}.events.ndjson` },
  ] as const;
  const lines = openLineFile(files[0].path);
  const events = openEventFile(files[1].path);
  const started = performance.now();
  const report: Reporter = (event) => {
    lines.report(event);
    events.report(event);
    next(event);
  };
  report({ type: 'build-start', time: Date.now(), image, build });
  return {
    keptAt: files[0].keptAt,
    report,
    copyTo: (target) => copyFileSync(files[0].path, target),
    close: (failed) => {
      const seconds = (performance.now() - started) / 1000;
      report({ type: 'build-end', time: Date.now(), image, seconds, ok: !failed });
      lines.close();
      events.close();
      for (const { path, keptAt } of files) {
        if (failed) copyFileSync(path, keptAt);
        else rmSync(keptAt, { force: true });
      }
    },
  };
}

function openLineFile(path: string): { readonly report: Reporter; readonly close: () => void } {
  const file = openSync(path, 'wx', 0o644);
  let open = true;
  return {
    report: (event) => {
      const line = logLine(event);
      if (open && line !== undefined) writeSync(file, `${line}\n`);
    },
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}

// Progress is for watching, not for reading afterwards.
function logLine(event: Event): string | undefined {
  const time = new Date(event.time).toISOString();
  switch (event.type) {
    case 'progress':
      return undefined;
    case 'build-start':
      return `${time} ${event.image} ${event.build} begins`;
    case 'build-end':
      return `${time} ${event.image} ${event.ok ? 'done' : 'failed'} in ${event.seconds.toFixed(2)} s`;
    case 'stage-start':
      return `${time} [${event.stage}] begins`;
    case 'output':
      return `${time} [${event.stage}] ${event.line}`;
    case 'notice':
      return `${time} [${event.stage}] note: ${event.message}`;
    case 'stage-end': {
      const outcome = event.ok ? 'done' : 'failed';
      return `${time} [${event.stage}] ${outcome} in ${event.seconds.toFixed(2)} s (${event.cpuSeconds.toFixed(2)} s CPU)`;
    }
  }
}
