// What is known of the stage that runs now, kept up to date by the events that every view of a run receives. No input, no
// output, no clock: times are those of the events.

import type { Event } from '../../events/index.ts';
import { RateMeter } from './rate-meter.ts';

/** How far a stage is. `total` is 0 when it is not known. */
export interface Amount {
  readonly done: number;
  readonly total: number;
  readonly unit: 'bytes' | 'items';
}

/** The stage that runs. */
export interface RunningStage {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly amount?: Amount;
  /** Of the bytes in `amount`. */
  readonly meter: RateMeter;
  /** The last line that a program said. */
  readonly line?: string;
}

/** Receives every event; `now` is undefined between stages. */
export class StageView {
  now: RunningStage | undefined;
  /** Of the stage that runs, or that ran last. */
  image: string | undefined;

  /** Takes the event in. A stage that ends is still `now` until the next event. */
  take(event: Event): void {
    if (event.type === 'build-start') this.image = event.image;
    if (event.type === 'stage-start') {
      this.now = { name: event.stage, started: event.time, meter: new RateMeter() };
    }
    const { now } = this;
    if (now === undefined || !('stage' in event) || event.stage !== now.name) return;
    // What was said before is about something else than what goes on now.
    if (event.type === 'progress') {
      if (event.unit === 'bytes') now.meter.take(event.time, event.done);
      this.now = { name: now.name, started: now.started, meter: now.meter, amount: event };
    }
    if (event.type === 'output') this.now = { ...now, line: event.line };
  }

  /** Forgets the stage: it has ended and been told. */
  ended(): void {
    this.now = undefined;
  }
}
