// The publisher's key as the commands that sign need it.

import { CooperError } from '../errors/index.ts';
import {
  describePublisherKey,
  generatePublisherKey,
  hasPublisherKey,
  newestValid,
  openSigner,
  type Signer,
  type SigningSubkey,
} from '../keys/sign.ts';
import type { CommandContext } from './context.ts';

/** Makes a publisher key when the home has none, and says so; refuses at once one that could not sign. */
export async function ensurePublisherKey(directory: string, context: CommandContext): Promise<void> {
  if (!(await hasPublisherKey(directory))) await makePublisherKey(directory, context);
  await openPublisherKey(directory, context);
}

async function makePublisherKey(directory: string, context: CommandContext): Promise<void> {
  const passphrase = await context.passphrases.forNewKey(false);
  try {
    const key = await generatePublisherKey(directory, { passphrase, now: context.now });
    notice(context, `made the key ${key.fingerprint}`);
  } catch (error) {
    // Another command that began in this home at the same time was quicker: its key is the home's.
    if (!(error instanceof CooperError && error.code === 'publisher-key-exists')) throw error;
  }
}

/** Opens the key that is there; says so when it will soon be of no use. Throws what openSigner does. */
export async function openPublisherKey(directory: string, context: CommandContext): Promise<Signer> {
  const signer = await openSigner(directory, context.now, context.passphrases.key);
  const { subkeys } = await describePublisherKey(directory, context.now);
  const warning = warningOfEnd(subkeys, context.now);
  if (warning !== undefined) notice(context, warning);
  return signer;
}

/** What to say when the subkey that signs ends within three weeks. Pure. */
export function warningOfEnd(subkeys: readonly SigningSubkey[], now: Date): string | undefined {
  const ends = newestValid(subkeys)?.expires?.getTime() ?? Number.POSITIVE_INFINITY;
  const days = Math.floor((ends - now.getTime()) / dayLength);
  return days < warnedDays
    ? `the signing subkey ends in ${days} days: \`cooper keys rotate\` makes the next one`
    : undefined;
}

const dayLength = 24 * 3600 * 1000;
/** From how many days before its end on. */
const warnedDays = 21;

function notice(context: CommandContext, message: string): void {
  context.report({ type: 'notice', time: Date.now(), stage: 'keys', message });
}
