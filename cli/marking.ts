// What the commands share that publish the builds of a tree in another way: the publisher's key, one revision, and what is said of it.

import { parseImageName } from '../client/index.ts';
import { type Revision, revise } from '../server/index.ts';
import { hostArchitecture, type ImageId } from '../variants/identity.ts';
import { type CommandContext, printResult } from './context.ts';
import { openHome } from './home.ts';
import { openPublisherKey } from './publisher.ts';

/** The image that a name means in the home's tree: the host's architecture and the variant `default` unless it says. */
export function publishedImage(name: string): ImageId {
  return parseImageName(name, hostArchitecture());
}

/** Makes live what `change` makes of the home's offer. Throws as `revise` does, and `key-not-found`. */
export async function reviseHome(context: CommandContext, change: Parameters<typeof revise>[1]): Promise<Revision> {
  const home = openHome(context.home);
  const signer = await openPublisherKey(home.keys, context);
  return revise(home.tree, change, signer, context.now, { signal: context.signal });
}

/** Says what is so now; `said` for people, without an end. */
export function printRevision(
  context: CommandContext,
  { generation }: Revision,
  document: object,
  said: string,
): number {
  const serial = generation?.serial ?? null;
  const live = generation === undefined ? 'nothing to change' : `generation ${generation.serial} is live`;
  printResult(context, { ...document, generation: serial }, `${said}; ${live}\n`);
  return 0;
}
