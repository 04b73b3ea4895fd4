// cooper create: a container from a server's image, verified from the pinned key to every byte.

import {
  type CreatedContainer,
  containerName,
  createContainer,
  type PreparedContainer,
  parseIdMap,
} from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import type { Transport } from '../../fetch/index.ts';
import { parseChannel } from '../../image/index.ts';
import { hostArchitecture } from '../../variants/identity.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { type ServersSource, serversOf, sourceOf } from '../image-source.ts';
import { hostUser, openTransport, openTrust, type ServerOptions } from '../server-access.ts';
import { askForImage, type ImageOptions, nameOf } from '../wanted-image.ts';
import { list } from './list.ts';

/** Options of `create`, and of the template. */
export interface CreateOptions extends ServerOptions, ImageOptions {
  readonly list?: boolean;
  readonly path?: string;
  readonly idmap?: readonly string[];
  readonly flushCache?: boolean;
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
  return createNamed(context, name, image, options);
}

/** The same in the folder that lxc-create has prepared, where there is one. */
export async function createNamed(
  context: CommandContext,
  name: string,
  image: string | undefined,
  options: CreateOptions,
  prepared?: PreparedContainer,
): Promise<number> {
  // Whoever is asked for an image should not hear afterwards that the name will not do.
  containerName(name);
  const named = await sourceOf(image ?? '', options, context);
  const source = serversOf(named);
  const wanted = nameOf(named.rest, options);
  const transport = await openTransport(source, context);
  try {
    const channel = parseChannel(options.channel);
    const chosen = wanted ?? (await askForImage(context, transport, { ...options, ...source }, channel, options));
    const made = await makeContainer(context, name, chosen, { ...options, ...source, channel, transport, prepared });
    const message = made.message === undefined ? '' : `\n${made.message.trimEnd()}\n`;
    printResult(context, made, `${made.name}: ${made.image} ${made.build} in ${made.folder}\n${message}`);
    return 0;
  } finally {
    transport.close();
  }
}

interface Making extends Omit<CreateOptions, 'ca' | 'server'>, ServersSource {
  readonly prepared: PreparedContainer | undefined;
  readonly channel: string;
  readonly transport: Transport;
}

async function makeContainer(
  context: CommandContext,
  name: string,
  image: string,
  { servers, channel, transport, prepared, ...options }: Making,
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
    prepared,
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
}

/** What `list` takes for the same words: an image or a remote, which no container can be called, and the options. */
export function filterOf(word = '', { dist = '', release = '', arch = '', variant = '' }: ImageOptions): string {
  const named = /[/:]/.test(word) ? word : '';
  return named === '' || named.endsWith(':') ? `${named}${[dist, release, arch, variant].join('/')}` : named;
}
