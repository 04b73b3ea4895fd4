// cooper create: a container from a server's image, verified from the pinned key to every byte.

import { createContainer, parseIdMap } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { parseChannel } from '../../image/index.ts';
import { hostArchitecture } from '../../variants/identity.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { hostUser, openTransport, openTrust, type ServerOptions } from '../server-access.ts';

interface CreateOptions extends ServerOptions {
  readonly path?: string;
  readonly idmap?: readonly string[];
  readonly flushCache?: boolean;
  readonly seed?: readonly string[];
}

/** Makes the container and says where it is. */
export async function create(
  context: CommandContext,
  name: string,
  image: string,
  options: CreateOptions,
): Promise<number> {
  if (options.server === undefined) {
    throw new CooperError('bad-usage', { what: 'no server named', next: 'Name one with --server URL' });
  }
  const home = openHome(context.home);
  const transport = await openTransport(options, context);
  try {
    const made = await createContainer({
      name,
      image,
      architecture: hostArchitecture(),
      servers: options.server,
      ...(await openTrust(options, context)),
      channel: parseChannel(options.channel),
      path: options.path,
      idMap: options.idmap && parseIdMap(options.idmap, '--idmap'),
      homeContainers: home.chosen ? home.containers : undefined,
      trustDir: home.trust,
      cacheDir: home.imageCache,
      flushCache: options.flushCache,
      seeds: options.seed,
      user: hostUser(context.env),
      transport,
      now: context.now,
      report: context.report,
      signal: context.signal,
    });
    const message = made.message === undefined ? '' : `\n${made.message.trimEnd()}\n`;
    printResult(context, made, `${made.name}: ${made.image} ${made.build} in ${made.folder}\n${message}`);
    return 0;
  } finally {
    transport.close();
  }
}
