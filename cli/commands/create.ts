// cooper create: a container from a server's image, verified from the pinned key to every byte.

import { type CreatedContainer, containerName, createContainer, parseIdMap, type Refresh } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import type { Transport } from '../../fetch/index.ts';
import { parseChannel } from '../../image/index.ts';
import { hostArchitecture } from '../../variants/identity.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { cacheLimits } from '../image-cache.ts';
import { type ServersSource, serversOf, sourceOf } from '../image-source.ts';
import { hostUser, openTransport, openTrust, type ServerOptions } from '../server-access.ts';
import { askForImage, type ImageOptions, nameOf } from '../wanted-image.ts';
import { list } from './list.ts';

interface CreateOptions extends ServerOptions, ImageOptions {
  readonly list?: boolean;
  readonly path?: string;
  readonly idmap?: readonly string[];
  readonly flushCache?: boolean;
  readonly refresh?: Refresh;
  readonly seed?: readonly string[];
}

/** Makes the container and says where it is; with --list says what there is. */
export async function create(
  context: CommandContext,
  name: string | undefined,
  image: string | undefined,
  options: CreateOptions,
): Promise<number> {
  if (options.list === true) return list(context, filterOf(image ?? name, options), options);
  if (name === undefined) throw new CooperError('bad-usage', { what: 'no name for the container' });
  // Whoever is asked for an image should not hear afterwards that the name will not do.
  containerName(name);
  const named = await sourceOf(image ?? '', options, context);
  const source = serversOf(named);
  const wanted = nameOf(named.rest, options);
  if (wanted === undefined && options.refresh === 'never') {
    throw new CooperError('bad-usage', {
      what: 'no image named, and no server may be asked what there is',
      next: 'Name one that `cooper cache info` shows, or leave --refresh out.',
    });
  }
  const transport = await openTransport(source, context);
  try {
    const channel = parseChannel(options.channel);
    const chosen = wanted ?? (await askForImage(context, transport, { ...options, ...source }, channel, options));
    const made = await makeContainer(context, name, chosen, { ...options, ...source, channel, transport });
    const message = made.message === undefined ? '' : `\n${made.message.trimEnd()}\n`;
    const offline = made.offline ? ' (from the cache: no server was asked or has answered)' : '';
    printResult(context, made, `${made.name}: ${made.image} ${made.build} in ${made.folder}${offline}\n${message}`);
    return 0;
  } finally {
    transport.close();
  }
}

interface Making extends Omit<CreateOptions, 'ca' | 'server'>, ServersSource {
  readonly channel: string;
  readonly transport: Transport;
}

async function makeContainer(
  context: CommandContext,
  name: string,
  image: string,
  { servers, channel, transport, ...options }: Making,
): Promise<CreatedContainer> {
  const home = openHome(context.home);
  return createContainer({
    name,
    image,
    architecture: hostArchitecture(),
    servers,
    ...(await openTrust(options, context, options.pin)),
    channel,
    path: options.path,
    idMap: options.idmap && parseIdMap(options.idmap, '--idmap'),
    homeContainers: home.chosen ? home.containers : undefined,
    trustDir: home.trust,
    cacheDir: home.imageCache,
    flushCache: options.flushCache,
    refresh: options.refresh,
    cacheLimits: await cacheLimits(home),
    seeds: options.seed,
    user: hostUser(context.env),
    transport,
    now: context.now,
    report: context.report,
    signal: context.signal,
  });
}

/** What `list` takes for the same words: an image or a remote, which no container can be called, and the options. */
function filterOf(word = '', { dist = '', release = '', arch = '', variant = '' }: ImageOptions): string {
  const named = /[/:]/.test(word) ? word : '';
  return named === '' || named.endsWith(':') ? `${named}${[dist, release, arch, variant].join('/')}` : named;
}
