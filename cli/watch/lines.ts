// A run in a log: one line for each stage that ended, nothing drawn anew, and a sign of life when a stage takes long, since
// many a CI ends what says nothing for minutes.

import type { Event } from '../../events/index.ts';
import { StageView } from './stage-view.ts';
import type { View } from './terminal.ts';
import { aliveLine, buildHead, noteLine, stageLine, totalLine } from './words.ts';

/** Milliseconds after which a stage that still runs is told. */
const aliveAfter = 30_000;

/** Writes lines. The timer does not keep the process alive. */
export function watchInLines(write: (text: string) => void): View {
  const view = new StageView();
  let timer: NodeJS.Timeout | undefined;
  const alive = (): void => {
    const { now } = view;
    if (now !== undefined) write(`${aliveLine(now, Date.now())}\n`);
  };
  const stop = (): void => clearInterval(timer);
  const start = (): void => {
    stop();
    timer = setInterval(alive, aliveAfter).unref();
  };
  const report = (event: Event): void => {
    view.take(event);
    if (event.type === 'build-start') write(`${buildHead(event)}\n`);
    if (event.type === 'build-end') write(`${totalLine(event)}\n`);
    if (event.type === 'notice') write(`${noteLine(event)}\n`);
    if (event.type === 'stage-start') start();
    if (event.type === 'stage-end') {
      write(`${stageLine(event, view.now?.amount)}\n`);
      view.ended();
      stop();
    }
  };
  return { report, pause: stop, resume: () => undefined };
}
