// Fetches the missing pieces of a file, as few requests over few connections, from any static server; from one that knows no
// ranges the whole file, once. What has arrived is never fetched again, however often the connection breaks.

import { CooperError } from '../errors/index.ts';
import { attempt } from './attempt.ts';
import { AttemptFailure } from './failure.ts';
import { type MissingPieces, PieceSink } from './piece-sink.ts';
import { retry } from './retry.ts';
import { planRuns, type Run, widened } from './runs.ts';
import { inLanes, together } from './together.ts';
import type { Transport } from './transport.ts';

/** What to fetch. */
export interface PiecesRequest {
  readonly transport: Transport;
  /** Bytes of the whole file. */
  readonly fileSize: number;
  readonly missing: MissingPieces;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that came, with those between pieces and those that came in vain. */
  readonly onBytes?: (count: number) => void;
}

/** Requests that are under way at once: the pieces at the front of a file are wanted first. */
const mostAtOnce = 4;

/**
 * Returns when nothing is missing any more. Pieces arrive in the order of the file, but for those of the few requests that are
 * under way at once.
 * @throws CooperError as fetchBytes does; `download-mismatch` for a piece that is not what it should be
 */
export async function fetchPieces(url: string, request: PiecesRequest): Promise<void> {
  const runs = planRuns(request.missing.list());
  const [first, ...others] = runs;
  if (first === undefined) return;
  // A server that answers with the whole file is not asked for more.
  let answered: (whole: boolean) => void = () => undefined;
  const whole = new Promise<boolean>((resolve) => {
    answered = resolve;
  });
  const beside = async (signal: AbortSignal): Promise<void> => {
    if (others.length === 0 || (await whole)) return;
    const work = (run: Run, stop: AbortSignal) => fetchRun(run, url, { ...request, signal: stop });
    await inLanes(signal, others, work, mostAtOnce - 1);
  };
  await together(request.signal, [
    (signal) => fetchRun(first, url, { ...request, signal }, answered).finally(() => answered(true)),
    beside,
  ]);
  if (request.missing.list().length > 0) await fetchPieces(url, request);
}

/** Fetches what is missing within the run; `answered` is told whether the server sends the whole file instead. */
async function fetchRun(
  run: Run,
  url: string,
  request: PiecesRequest,
  answered: (whole: boolean) => void = () => undefined,
): Promise<void> {
  const { transport, signal, missing } = request;
  const all = missing.list().length;
  const left = () => missing.list().filter(({ offset }) => offset >= run.start && offset < run.end);
  const once = async (): Promise<void> => {
    for (const part of planRuns(left())) {
      await transport.slots.run(() => fetchPart(part, url, request, answered), signal);
    }
  };
  await retry(transport.attempts, signal, once, () => all - missing.list().length);
}

async function fetchPart(
  run: Run,
  url: string,
  { transport, fileSize, missing, signal, onBytes }: PiecesRequest,
  answered: (whole: boolean) => void,
): Promise<void> {
  const part = widened(run, fileSize);
  let sink: PieceSink | undefined;
  const onAnswer = ({ start }: { readonly start: number }) => {
    sink = new PieceSink(url, missing, start);
    answered(start === 0 && part.start > 0);
  };
  await attempt(url, { transport, limit: fileSize, part, signal, onAnswer }, async (chunk) => {
    onBytes?.(chunk.length);
    await sink?.take(chunk);
  });
  const still = missing.list().some(({ offset }) => offset >= run.start && offset < run.end);
  if (still) throw endedEarly(url, run);
}

function endedEarly(url: string, { end }: Run): AttemptFailure {
  const what = `${url} ends before byte ${end}, which it should have`;
  return new AttemptFailure(new CooperError('download-mismatch', { what }), false);
}
