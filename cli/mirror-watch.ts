// `cooper mirror --watch`: one run after the other, until a signal comes. What fails is told, and tried again the next time.

import { setTimeout as wait } from 'node:timers/promises';
import type { CommandContext } from './context.ts';
import { pauseBefore } from './mirror-options.ts';
import { asCooperError } from './render.ts';

/** One run; it prints its own line. */
type Turn = (context: CommandContext) => Promise<void>;

/** Ends when the context's signal is aborted, between two runs or in one. Each run has a context with its own time. */
export async function watchOrigin(context: CommandContext, interval: number, turn: Turn): Promise<void> {
  const { signal } = context;
  while (!signal.aborted) {
    await withOwnSignal(signal, (own) => {
      const now = new Date();
      return tellFailure(context, () => turn({ ...context, now, report: noticesOf(context), signal: own }));
    });
    await pause(pauseBefore(interval, Math.random()), signal);
  }
}

/** What waits on the signal of one run goes with it: that of the process would gather it for months. */
async function withOwnSignal(signal: AbortSignal, work: (own: AbortSignal) => Promise<void>): Promise<void> {
  const own = new AbortController();
  const stop = () => own.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await work(own.signal);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function tellFailure(context: CommandContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (context.signal.aborted) return;
    const failure = asCooperError(error);
    context.complain(failure);
    if (!context.json) return;
    const { code, message, next, lines } = failure;
    context.print(`${JSON.stringify({ error: { code, message, next, lines } })}\n`);
  }
}

/** Stages would fill a log of months. */
function noticesOf({ report }: CommandContext): CommandContext['report'] {
  return (event) => {
    if (event.type === 'notice') report(event);
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
