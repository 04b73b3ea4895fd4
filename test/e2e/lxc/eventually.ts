// Waits for a condition by asking again and again, with a deadline.

import { setTimeout as pause } from 'node:timers/promises';

const between = 100;

/**
 * Asks until the answer is accepted and returns it; throws with the last answer when `seconds` are over. A question that
 * throws counts as not accepted.
 */
export async function eventually<Answer>(
  what: string,
  seconds: number,
  ask: () => Promise<Answer>,
  accept: (answer: Answer) => boolean,
): Promise<Answer> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('value' in answer && accept(answer.value)) return answer.value;
    if (Date.now() > end) throw new Error(`${what}: not after ${seconds} s; last: ${shown(answer)}`);
    await pause(between);
  }
}

const shown = (answer: { value: unknown } | { error: unknown }) =>
  'value' in answer ? JSON.stringify(answer.value) : String(answer.error);
