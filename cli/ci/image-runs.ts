// What became of each image of one run of `cooper build`: collects results, stages and failures, goes on after a failure when
// that is wanted. Builds nothing itself.

import { CooperError, exitStatus } from '../../errors/index.ts';
import type { Event, Reporter, StageTime } from '../../events/index.ts';
import { asCooperError } from '../render.ts';

/** What a build says of an image: the item of `build --json`. */
export interface ImageResult {
  readonly image: string;
  readonly build: string;
  /** Where the files are. */
  readonly directory: string;
  readonly status: 'built' | 'unchanged';
}

/** One image that was tried. */
export interface ImageRun<Result extends ImageResult = ImageResult> {
  readonly image: string;
  /** Since the image before it in the same work. */
  readonly seconds: number;
  /** Those that ended in this time, failed ones included, in their order. */
  readonly stages: readonly (StageTime & { readonly ok: boolean })[];
  readonly outcome: Result | CooperError;
}

/** Options of a collection. */
export interface RunsOptions {
  readonly report: Reporter;
  /** Nothing is begun once it is aborted. */
  readonly signal: AbortSignal;
  /** When given, a failure is told to it and the next work begins; else the first failure ends the run. */
  readonly onFailure?: (error: CooperError) => void;
}

/** The images of one run, in the order in which they ended. */
export class ImageRuns<Result extends ImageResult> {
  readonly #options: RunsOptions;
  readonly #runs: ImageRun<Result>[] = [];
  #stages: ImageRun['stages'][number][] = [];
  #since = 0;

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** For the builder: passes events on and takes the times of stages from them. */
  readonly report: Reporter = (event: Event) => {
    if (event.type === 'stage-end') {
      const { stage: name, seconds, cpuSeconds, ok } = event;
      this.#stages.push({ name, seconds, cpuSeconds, ok });
    }
    this.#options.report(event);
  };

  get all(): readonly ImageRun<Result>[] {
    return this.#runs;
  }

  get failures(): readonly CooperError[] {
    return this.#runs.flatMap(({ outcome }) => (outcome instanceof CooperError ? [outcome] : []));
  }

  /**
   * Does a work that gives one image or several, each told by `finished` as soon as it is there. What it throws is noted for
   * the images that are missing then, and thrown, unless the run is to go on.
   */
  async run(images: readonly string[], work: (finished: (result: Result) => void) => Promise<void>): Promise<void> {
    const { signal, onFailure } = this.#options;
    signal.throwIfAborted();
    this.#begin();
    const missing = new Set(images);
    try {
      await work((result) => {
        missing.delete(result.image);
        this.#note(result.image, result);
      });
    } catch (error) {
      const known = asCooperError(signal.aborted ? signal.reason : error);
      for (const image of missing) this.#note(image, known);
      if (onFailure === undefined || signal.aborted) throw error;
      onFailure(known);
    }
  }

  #begin(): void {
    this.#stages = [];
    this.#since = performance.now();
  }

  #note(image: string, outcome: Result | CooperError): void {
    const seconds = (performance.now() - this.#since) / 1000;
    this.#runs.push({ image, seconds, stages: this.#stages, outcome });
    this.#begin();
  }
}

/** The item of `build --json` for one run. */
export function resultDocument<Result extends ImageResult>({ image, outcome }: ImageRun<Result>): object {
  if (!(outcome instanceof CooperError)) return outcome;
  const { code, message, next, lines } = outcome;
  return { image, status: 'failed', error: { code, message, next, lines } };
}

/** The exit status after these failures: theirs when they agree, 1 otherwise. Pure. */
export function worstStatus(failures: readonly CooperError[]): number {
  const [first = 0, ...others] = new Set(failures.map(({ exit }) => exit));
  return others.length === 0 ? first : exitStatus.failed;
}
