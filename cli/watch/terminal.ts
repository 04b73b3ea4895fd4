// A run on a terminal: one line for each stage that ended, and under them one that is drawn anew while a stage runs: its
// time, how far it is, its rate, the last line that a program inside said.

import { type Event, plainText } from '../../events/index.ts';
import { wrapText } from '../wrap.ts';
import { type RunningStage, StageView } from './stage-view.ts';
import { aliveLine, buildHead, cutTo, noteLine, stageLine, totalLine } from './words.ts';

/** Where the lines go. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** Its width now. */
  readonly columns: () => number;
}

/** What main hands the events of a run to. */
export interface View {
  readonly report: (event: Event) => void;
  /** Takes away what is drawn and draws no more until `resume`: something else uses the terminal. */
  readonly pause: () => void;
  readonly resume: () => void;
}

const clear = '\r\x1b[K';
/** Milliseconds between two drawings: fast enough to look alive, slow enough to be read. */
const redrawAfter = 200;

/** Draws on a terminal. The timer does not keep the process alive. */
export function watchOnTerminal(terminal: Terminal): View {
  const view = new StageView();
  let drawn = 0;
  let paused = false;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    const { now } = view;
    if (now === undefined || paused) return;
    drawn = Date.now();
    terminal.write(`${clear}${cutTo(terminal.columns(), runningLine(now, drawn))}`);
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const report = (event: Event): void => {
    view.take(event);
    for (const line of lastingLines(event, view, terminal.columns())) terminal.write(`${clear}${line}\n`);
    if (event.type === 'stage-end') {
      view.ended();
      stop();
    } else if (Date.now() - drawn >= redrawAfter || event.type === 'stage-start' || event.type === 'notice') draw();
    if (event.type === 'stage-start') {
      stop();
      timer = setInterval(draw, redrawAfter).unref();
    }
  };
  const pause = (): void => {
    paused = true;
    terminal.write(clear);
  };
  return { report, pause, resume: () => (paused = false) };
}

function lastingLines(event: Event, { now }: StageView, columns: number): readonly string[] {
  if (event.type === 'build-start') return [buildHead(event)];
  if (event.type === 'notice') return wrapText(noteLine(event), { columns, first: '', rest: '    ' });
  if (event.type === 'build-end') return [totalLine(event)];
  return event.type === 'stage-end' ? [stageLine(event, now?.amount)] : [];
}

function runningLine(stage: RunningStage, time: number): string {
  return stage.line === undefined
    ? aliveLine(stage, time)
    : `${aliveLine(stage, time)} · ${plainText(stage.line).trimStart()}`;
}
