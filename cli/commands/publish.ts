// cooper publish: takes builds into the tree that are signed by the own key or by a listed builder, or signs the present generation anew.

import { resolve } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { parseChannel } from '../../image/index.ts';
import { readBuilders } from '../../keys/index.ts';
import { describePublisherKey } from '../../keys/sign.ts';
import { publish, publishRevocation } from '../../server/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { openPublisherKey } from '../publisher.ts';

/** Publishes the folders in one generation; with --refresh none are needed. */
export async function publishBuilds(
  context: CommandContext,
  folders: readonly string[],
  options: { readonly refresh?: boolean; readonly channel?: string },
): Promise<number> {
  if (folders.length === 0 && options.refresh !== true) {
    throw new CooperError('bad-usage', { what: 'no folder of a build named', next: 'Name folders, or use --refresh' });
  }
  const channel = parseChannel(options.channel);
  const home = openHome(context.home);
  if (folders.length === 0 && (await hasRevokedKey(context))) return withdraw(context);
  const signer = await openPublisherKey(home.keys, context);
  const generation = await publish(
    home.tree,
    folders.map((folder) => ({ directory: resolve(folder) })),
    signer,
    context.now,
    { signal: context.signal, channel, builders: await readBuilders(home.builders) },
  );
  printResult(
    context,
    generation,
    `generation ${generation.serial} is live: ${generation.images} images, until ${generation.expires.toISOString()}\n`,
  );
  return 0;
}

async function hasRevokedKey({ home, now }: CommandContext): Promise<boolean> {
  return (await describePublisherKey(home.keys, now)).revoked;
}

/** A revoked key signs nothing any more: all that is left to publish is that it is revoked. */
async function withdraw(context: CommandContext): Promise<number> {
  const { home, now, signal } = context;
  const { certificate } = await describePublisherKey(home.keys, now);
  const generation = await publishRevocation(home.tree, certificate, now, { signal });
  const text = `generation ${generation.serial} is live: it says that the key ${generation.fingerprint} is revoked\n`;
  printResult(context, generation, text);
  return 0;
}
