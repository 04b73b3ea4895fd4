// How a server is spoken to that wants to know who asks, or that says no.

import type { Attempt } from './attempt.ts';
import { Refusal } from './failure.ts';

/** `headersFor` and `onRedirect`: as of Attempt. */
export interface Dialogue extends Pick<Attempt, 'headersFor' | 'onRedirect'> {
  /**
   * Asked what to do when a server answers 401 or 403: true when it is to be asked again, false when that was its last word. `times`: how
   * often it was asked again already. What it throws ends the download. Holds no slot of the transport meanwhile.
   */
  readonly onRefusal?: ((refusal: Refusal, times: number) => Promise<boolean>) | undefined;
}

/** Does `work`, and again as long as whoever speaks for us has an answer to the refusal. Throws what both throw. */
export async function answering<T>({ onRefusal }: Dialogue, work: () => Promise<T>): Promise<T> {
  for (let times = 0; ; times += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refusal) || onRefusal === undefined || !(await onRefusal(error, times))) throw error;
    }
  }
}
