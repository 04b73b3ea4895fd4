// events.ndjson of a build: every event as one line of JSON, in order, written when it happens, so that others can follow
// the file. Progress is thinned out: nobody watches more often than it is redrawn.

import { closeSync, openSync, writeSync } from 'node:fs';
import type { Event, Reporter } from '../events/index.ts';

/** An open file of events; `report` after `close` does nothing. */
export interface EventFile {
  readonly report: Reporter;
  readonly close: () => void;
}

/** Milliseconds between two lines of progress of one stage. */
const progressInterval = 250;

/** Makes the file, which must not exist. */
export function openEventFile(path: string): EventFile {
  const file = openSync(path, 'wx', 0o644);
  const passes = thinProgress();
  let open = true;
  return {
    report: (event) => {
      if (open && passes(event)) writeSync(file, `${JSON.stringify(event)}\n`);
    },
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}

/** Lets pass all but progress that follows closely on progress of the same stage, unless it says that all is done. */
function thinProgress(): (event: Event) => boolean {
  let last = { stage: '', time: 0 };
  return (event) => {
    if (event.type !== 'progress') return true;
    const { stage, time, done, total } = event;
    const soon = stage === last.stage && time - last.time < progressInterval;
    if (soon && done !== total) return false;
    last = { stage, time };
    return true;
  };
}
