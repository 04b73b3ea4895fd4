// The publisher's key as the commands that sign need it.

import { generatePublisherKey, hasPublisherKey, openSigner } from '../keys/sign.ts';
import type { CommandContext } from './context.ts';

/** Makes a publisher key when the home has none, and says so; refuses at once one that could not sign. */
export async function ensurePublisherKey(directory: string, context: CommandContext): Promise<void> {
  if (!(await hasPublisherKey(directory))) {
    const key = await generatePublisherKey(directory, { now: context.now });
    context.report({ type: 'notice', time: Date.now(), stage: 'keys', message: `made the key ${key.fingerprint}` });
  }
  await openSigner(directory, context.now);
}
