// The ways on which an image gets into a container in the making: from files, from the servers, or from the cache where no server is
// asked or answers.

import { CooperError, isSystemError } from '../errors/index.ts';
import type { Reporter, Stages } from '../events/index.ts';
import type { Transport } from '../fetch/index.ts';
import { endOfLifeNotice } from '../image/index.ts';
import { imageName } from '../variants/identity.ts';
import { chooseKept } from './cache/choose-kept.ts';
import { useImage } from './cache/image-use.ts';
import type { KeptFiles } from './cache/kept-files.ts';
import type { ImageWays, Patience, Refreshed } from './cache/refresh.ts';
import type { CacheLimits } from './cache/removal.ts';
import type { TendRequest } from './cache/tend.ts';
import { notRemoved } from './container/abandoned.ts';
import type { Staging } from './container/staging.ts';
import { fastestFirst, type ServerWitness } from './fetch/server-speeds.ts';
import { type LocalSource, openLocalImage } from './local/open-local.ts';
import type { ObtainableImage } from './unpack/deliver.ts';
import { type ObtainedImage, type ObtainOptions, obtainImage } from './unpack/obtain.ts';
import { chooseBuild, type UpstreamImage } from './upstream/choose-build.ts';
import type { TrustChoice } from './verify/choose-pin.ts';
import type { WantedImage } from './verify/image-name.ts';
import { type ChosenImage, chooseImage, type ImageChoice } from './verify/images.ts';
import { openServer, useServer } from './verify/open-server.ts';
import { parseServer } from './verify/server-address.ts';
import { fromFirst } from './verify/servers.ts';
import type { Vouching } from './verify/vouching.ts';

/** What getting an image takes. */
export interface Obtaining extends Omit<ObtainOptions, 'onFetched' | 'staging'>, ImageChoice {
  /** Servers of one publisher, as named. */
  readonly servers: readonly string[];
  readonly trust: TrustChoice;
  readonly trustDir: string;
  readonly kept: KeptFiles;
  readonly cacheLimits?: CacheLimits | undefined;
  readonly staging: Staging;
  readonly transport: Transport;
  readonly stages: Stages;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** An image with its root filesystem in the staging folder. */
export type Obtained = ObtainedImage & { readonly image: ObtainableImage };

/** The servers, and the cache in their place. */
export function waysTo(wanted: WantedImage, obtaining: Obtaining): ImageWays<Obtained> {
  const { signal } = obtaining;
  return {
    fromServers: (patience) =>
      fromServers(obtaining, (server, { servers, ...witness }) =>
        obtainFrom(server, wanted, { ...obtaining, ...witness, servers, patience }),
      ),
    kept: (old) => chooseKept(wanted, { ...obtaining, old }),
    fromCache: (image) => obtain(image, obtaining),
    notice: (message) => notice(obtaining, 'cache', message),
    signal,
  };
}

/** The image in files on this machine. */
export async function obtainFromFiles(
  source: LocalSource,
  obtaining: Obtaining,
): Promise<Obtained & Pick<Refreshed<unknown>, 'offline'>> {
  const image = await obtaining.stages.run('manifest', async (report) => {
    const opened = await openLocalImage(source, obtaining);
    for (const message of opened.notices) report.notice(message);
    return opened;
  });
  return { ...(await obtain(image, obtaining)), offline: false };
}

/** What vouches for an image leaves open, as far as nobody has said it: what a server cannot prove was told when it was opened. */
export function untold(image: ObtainableImage, { lacking }: Vouching): readonly string[] {
  return image.kind === 'upstream' ? lacking.filter((each) => !image.upstream.lacking.includes(each)) : lacking;
}

/** What is left to do for the next run: servers that were late may have something newer. */
export function tendingAfter(
  wanted: WantedImage | LocalSource,
  obtaining: Obtaining,
  offline: Refreshed<unknown>['offline'],
): TendRequest {
  const { kept, cacheLimits: limits, now, signal } = obtaining;
  const patience = { signal, answered: () => undefined };
  const choose = (name: WantedImage) =>
    fromServers(obtaining, (server) => chooseFrom(server, name, { ...obtaining, patience }));
  const say = (message: string) => notice(obtaining, 'cache', message);
  return {
    kept,
    limits,
    now,
    notice: say,
    ...(offline === 'late' && wanted.kind !== 'files' ? { newest: () => choose(wanted) } : {}),
  };
}

/** A failure to clean up must not hide why there is something to clean up; the next run tries again. */
export async function orNotice(
  { staging, report }: Pick<Obtaining, 'staging' | 'report'>,
  cleanUp: () => Promise<void>,
): Promise<void> {
  try {
    await cleanUp();
  } catch (error) {
    notice({ report }, 'discard', notRemoved(staging.folder, error));
  }
}

/** Says something that belongs to no stage that runs. */
export function notice({ report }: Pick<Obtaining, 'report'>, stage: string, message: string): void {
  report({ type: 'notice', time: Date.now(), stage, message });
}

type ServerRun = ServerWitness & Pick<Obtaining, 'servers'>;

/** What the first server gives that can be used, in the order of their speed. */
function fromServers<T>(
  { servers: named, cacheDir, report }: Obtaining,
  attempt: (server: string, run: ServerRun) => Promise<T>,
): Promise<T> {
  return fastestFirst(named, cacheDir, (servers, witness) =>
    fromFirst(
      servers,
      (server) => attempt(server, { ...witness, servers }),
      (message, server) => {
        witness.failed(server);
        notice({ report }, 'fetch', message);
      },
    ),
  );
}

async function obtainFrom(
  server: string,
  wanted: WantedImage,
  obtaining: Obtaining & ServerWitness & Patient,
): Promise<Obtained> {
  const image = await chooseFrom(server, wanted, obtaining);
  const otherServers = obtaining.servers.filter((other) => other !== server).map(parseServer);
  return obtain(image, { ...obtaining, otherServers });
}

interface Patient {
  readonly patience: Patience;
}

/** The image that is wanted, as one server has it. */
async function chooseFrom(
  server: string,
  wanted: WantedImage,
  obtaining: Obtaining & Patient,
): Promise<ChosenImage | UpstreamImage> {
  const { stages, patience } = obtaining;
  const open = () =>
    stages.run('catalog', async (report) => {
      const opened = await openServer({ ...obtaining, server, signal: patience.signal });
      const messages = opened.kind === 'upstream' ? opened.lacking : opened.publisher.notices;
      for (const message of messages) report.notice(message);
      return opened;
    });
  const image = await useServer<ChosenImage | UpstreamImage>(open, {
    ofPublisher: (publisher) => stages.run('manifest', () => chooseImage(publisher, wanted, obtaining)),
    ofUpstream: (upstream) => stages.run('manifest', async () => chooseBuild(upstream, wanted, obtaining)),
  });
  patience.answered();
  return image;
}

/** Fetches what is missing, and unpacks. Of an image that fails nothing stays in the staging folder. */
async function obtain(image: ObtainableImage, obtaining: Obtaining): Promise<Obtained> {
  const { staging, stages, signal } = obtaining;
  if (image.kind === 'published') tellEnd(image, obtaining);
  const onWait = () => notice(obtaining, 'fetch', 'another run has this image in its hands: waiting for it');
  // Of other servers no catalog says what is kept, and files of this machine are read where they are.
  const use = image.kind === 'published' ? await useImage(image, { ...obtaining, signal, onWait }) : undefined;
  try {
    const onFetched = async (stop: AbortSignal) => use?.share(stop);
    return { image, ...(await obtainMended(image, { ...obtaining, onFetched }, stages)) };
  } catch (error) {
    await orNotice(obtaining, () => staging.clear());
    throw error;
  } finally {
    await use?.end();
  }
}

/**
 * Nobody waits until what is in the cache has been compared; where that says that it is damaged, or it is gone meanwhile, it is mended,
 * and all begins anew.
 */
async function obtainMended(
  image: ObtainableImage,
  options: ObtainOptions & Pick<Obtaining, 'staging' | 'report'>,
  stages: Stages,
): Promise<ObtainedImage> {
  let unchecked = false;
  const onUnchecked = () => {
    unchecked = true;
  };
  try {
    return await obtainImage(image, { ...options, onUnchecked }, stages);
  } catch (error) {
    if (!unchecked || !isDamage(error)) throw error;
    notice(options, 'fetch', `what is in the cache is damaged, so it is mended: ${error.message}`);
    await options.staging.clear();
    return obtainImage(image, options, stages);
  }
}

function isDamage(error: unknown): error is Error {
  if (isSystemError(error, 'ENOENT')) return true;
  return error instanceof CooperError && (error.code === 'archive-corrupt' || error.code === 'digest-mismatch');
}

function tellEnd(image: ChosenImage, obtaining: Obtaining): void {
  const ending = endOfLifeNotice(imageName(image), image.endOfLife, obtaining.now);
  if (ending !== undefined) notice(obtaining, 'manifest', ending);
}
