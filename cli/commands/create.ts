// cooper create: a container from an image of a server, of the own tree or in files, verified from the pinned key to every byte.

import {
  type ContainerLogin,
  type ContainerProvision,
  type CreatedContainer,
  containerName,
  createContainer,
  type LocalSource,
  type PreparedContainer,
  parseIdMap,
  type Refresh,
} from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import type { Transport } from '../../fetch/index.ts';
import { parseChannel } from '../../image/index.ts';
import { hostArchitecture } from '../../variants/identity.ts';
import { cacheLimits } from '../cache-limits.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { noServers, requireSource, type ServersSource, sourceOf } from '../image-source.ts';
import { isImagePath } from '../image-word.ts';
import { type LocalOptions, localFiles, ownImage, refuseLocalOptions } from '../local-image.ts';
import { type LoginOptions, loginText, readLogin } from '../login.ts';
import { offeredImages } from '../offered-images.ts';
import { type ProvisionOptions, provisionOf } from '../provisioning.ts';
import { hostUser, openTransport, openTrust, type ServerOptions } from '../server-access.ts';
import { trafficLimits } from '../traffic-limits.ts';
import { askForImage, type ImageOptions, nameOf } from '../wanted-image.ts';
import { list } from './list.ts';

/** Options of `create`, and of the template. */
export interface CreateOptions extends ServerOptions, ImageOptions, LocalOptions, LoginOptions, ProvisionOptions {
  readonly limitRate?: string;
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
  const channel = parseChannel(options.channel);
  const limits = trafficLimits(options);
  const login = await readLogin(options, context, { kind: 'locked' });
  const provision = await provisionOf(options);
  const wish = await wishOf(context, image ?? '', { ...options, channel });
  const source = wish.kind === 'servers' ? wish : noServers;
  if (wish.kind === 'servers' && wish.image === undefined && options.refresh === 'never') {
    throw new CooperError('bad-usage', {
      what: 'no image named, and no server may be asked what there is',
      next: 'Name one that `cooper cache info` shows, or leave --refresh out.',
    });
  }
  const transport = await openTransport(source, context, limits);
  try {
    const choice = { ...options, ...source, channel, transport, login, provision, prepared };
    const chosen = wish.kind === 'files' ? wish : (wish.image ?? (await askWhich(context, choice)));
    const made = await makeContainer(context, name, chosen, choice);
    const message = made.message === undefined ? '' : `\n${made.message.trimEnd()}\n`;
    const from = made.build === null ? made.image : `${made.image} ${made.build}`;
    const offline = made.offline ? ' (from the cache: no server was asked or has answered)' : '';
    const secret = loginText(login, made.passwordFile);
    printResult(context, made, `${made.name}: ${from} in ${made.folder}${offline}\n${message}${secret}`);
    return 0;
  } finally {
    transport.close();
  }
}

/** Files, or servers and the image of them; undefined: whoever sits at the terminal has to say. */
type Wish = LocalSource | (ServersSource & { readonly image: string | undefined });

async function wishOf(
  context: CommandContext,
  word: string,
  options: CreateOptions & { readonly channel: string },
): Promise<Wish> {
  if (isImagePath(word)) {
    if (options.server !== undefined) {
      throw new CooperError('bad-usage', { what: `both the path ${word} and --server say where the image is` });
    }
    nameOf(word, options);
    return localFiles(context, word, options, (await openTrust(options, context)).trust);
  }
  refuseLocalOptions(options);
  const named = await sourceOf(word, options, context);
  const source = requireSource(named);
  const image = nameOf(named.rest, options);
  if (source.kind === 'servers') return { ...source, image };
  if (image === undefined) throw new CooperError('bad-usage', { what: 'no image of the own tree named' });
  return ownImage(context, image, options.channel, (await openTrust(options, context)).trust);
}

interface Making extends Omit<CreateOptions, 'ca' | 'server'>, ServersSource {
  readonly prepared: PreparedContainer | undefined;
  readonly channel: string;
  readonly transport: Transport;
  readonly login: ContainerLogin | undefined;
  readonly provision: ContainerProvision | undefined;
}

function askWhich(context: CommandContext, { transport, channel, ...options }: Making): Promise<string> {
  const offered = async () => (await offeredImages(context, transport, options, channel)).images;
  return askForImage(context, offered, options);
}

async function makeContainer(
  context: CommandContext,
  name: string,
  image: string | LocalSource,
  { servers, channel, transport, login, prepared, ...options }: Making,
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
    refresh: options.refresh,
    cacheLimits: await cacheLimits(home),
    seeds: options.seed,
    login,
    provision: options.provision,
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
