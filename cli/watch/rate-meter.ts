// How fast a stage goes now, and how long it may still take. Pure: times are those of the events, or given.

/** Seconds over which the rate is smoothed: what is older counts for less than 37 %. */
const span = 3;

/** Seconds that have to be seen before anything is said. */
const least = 1;

interface Point {
  readonly time: number;
  readonly done: number;
}

/** An exponential moving average of the rate, for points that come at any distance. Times are milliseconds. */
export class RateMeter {
  #last: Point | undefined;
  #rate = 0;
  /** How much of the average rests on what was seen: 0 at the beginning, towards 1. */
  #weight = 0;

  /** What the stage has done by then, in bytes. The first point is the beginning: what was there before was not moved. */
  take(time: number, done: number): void {
    const last = this.#last;
    // Another thing is counted now.
    if (last === undefined || done < last.done) this.#begin({ time, done });
    else if (time > last.time) {
      const { rate, weight } = this.#after(last, { time, done });
      this.#rate = rate;
      this.#weight = weight;
      this.#last = { time, done };
    }
  }

  /** Bytes per second at `now`; undefined as long as too little was seen. Falls while nothing comes. */
  perSecond(now: number): number | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const { rate, weight } = this.#after(last, { time: Math.max(now, last.time), done: last.done });
    return weight < 1 - Math.exp(-least / span) || rate === 0 ? undefined : rate / weight;
  }

  #begin(point: Point): void {
    this.#last = point;
    this.#rate = 0;
    this.#weight = 0;
  }

  #after(last: Point, { time, done }: Point): { readonly rate: number; readonly weight: number } {
    const seconds = (time - last.time) / 1000;
    if (seconds === 0) return { rate: this.#rate, weight: this.#weight };
    const kept = Math.exp(-seconds / span);
    const rate = this.#rate * kept + ((done - last.done) / seconds) * (1 - kept);
    return { rate, weight: this.#weight * kept + (1 - kept) };
  }
}

/** Seconds beyond which nobody plans by them. */
const longest = 100 * 3600;

/** Seconds until all is done at that rate; undefined where `total` (0) is not known, or nothing sensible can be said. */
export function secondsLeft(done: number, total: number, perSecond: number | undefined): number | undefined {
  if (perSecond === undefined || total <= done) return undefined;
  const seconds = (total - done) / perSecond;
  return seconds < longest ? Math.max(1, Math.round(seconds)) : undefined;
}
