// The publisher's key as the commands that sign need it.

import { describePublisherKey, generatePublisherKey, hasPublisherKey, openSigner, type Signer } from '../keys/sign.ts';
import type { CommandContext } from './context.ts';

/** Makes a publisher key when the home has none, and says so; refuses at once one that could not sign. */
export async function ensurePublisherKey(directory: string, context: CommandContext): Promise<void> {
  if (!(await hasPublisherKey(directory))) {
    const key = await generatePublisherKey(directory, { now: context.now });
    notice(context, `made the key ${key.fingerprint}`);
  }
  await openPublisherKey(directory, context);
}

/** Opens the key that is there; says so when it will soon be of no use. Throws what openSigner does. */
export async function openPublisherKey(directory: string, context: CommandContext): Promise<Signer> {
  const signer = await openSigner(directory, context.now);
  const { subkeys } = await describePublisherKey(directory, context.now);
  const ends = Math.max(...subkeys.map(({ expires }) => expires?.getTime() ?? 0));
  const days = Math.floor((ends - context.now.getTime()) / dayLength);
  if (days < warnedDays)
    notice(context, `the signing subkey ends in ${days} days: see SECURITY.md, "The publisher's key"`);
  return signer;
}

const dayLength = 24 * 3600 * 1000;
/** From how many days before its end on. */
const warnedDays = 21;

function notice(context: CommandContext, message: string): void {
  context.report({ type: 'notice', time: Date.now(), stage: 'keys', message });
}
