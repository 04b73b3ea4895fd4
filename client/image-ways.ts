// The ways on which an image gets into a container in the making: from the servers, or from the cache where no server is asked or answers.

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
import { type ObtainedImage, type ObtainOptions, obtainImage } from './unpack/obtain.ts';
import type { TrustChoice } from './verify/choose-pin.ts';
import type { WantedImage } from './verify/image-name.ts';
import { type ChosenImage, chooseImage, type ImageChoice } from './verify/images.ts';
import { whileItMoves } from './verify/moved.ts';
import { openPublisher, type Publisher } from './verify/publisher.ts';
import { parseServer } from './verify/server-address.ts';
import { fromFirst } from './verify/servers.ts';

/** What getting an image takes. */
export interface Obtaining extends Omit<ObtainOptions, 'folder' | 'onFetched'>, ImageChoice {
  readonly wanted: WantedImage;
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
export type Obtained = ObtainedImage & { readonly image: ChosenImage };

/** The servers, and the cache in their place. */
export function waysTo(obtaining: Obtaining): ImageWays<Obtained> {
  const { wanted, signal } = obtaining;
  return {
    fromServers: (patience) =>
      fromServers(obtaining, (server, { servers, ...witness }) =>
        obtainFrom(server, { ...obtaining, ...witness, servers, patience }),
      ),
    kept: (old) => chooseKept(wanted, { ...obtaining, old }),
    fromCache: (image) => obtain(image, obtaining),
    notice: (message) => notice(obtaining, 'cache', message),
    signal,
  };
}

/** What is left to do for the next run: servers that were late may have something newer. */
export function tendingAfter(obtaining: Obtaining, offline: Refreshed<unknown>['offline']): TendRequest {
  const { kept, cacheLimits: limits, now, signal } = obtaining;
  const patience = { signal, answered: () => undefined };
  const newest = () => fromServers(obtaining, (server) => chooseFrom(server, { ...obtaining, patience }));
  const say = (message: string) => notice(obtaining, 'cache', message);
  return { kept, limits, now, notice: say, ...(offline === 'late' ? { newest } : {}) };
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

async function obtainFrom(server: string, obtaining: Obtaining & ServerWitness & Patient): Promise<Obtained> {
  const image = await chooseFrom(server, obtaining);
  const otherServers = obtaining.servers.filter((other) => other !== server).map(parseServer);
  return obtain(image, { ...obtaining, otherServers });
}

interface Patient {
  readonly patience: Patience;
}

/** The image that is wanted, as one server has it. */
async function chooseFrom(server: string, obtaining: Obtaining & Patient): Promise<ChosenImage> {
  const { stages, patience, wanted } = obtaining;
  const open = () =>
    stages.run('catalog', async (report) => {
      const opened = await openPublisher({ ...obtaining, server, signal: patience.signal });
      for (const message of opened.notices) report.notice(message);
      return opened;
    });
  const choose = (publisher: Publisher) => stages.run('manifest', () => chooseImage(publisher, wanted, obtaining));
  const image = await whileItMoves(open, choose, 2);
  patience.answered();
  return image;
}

/** Fetches what is missing, and unpacks. Of an image that fails nothing stays in the staging folder. */
async function obtain(image: ChosenImage, obtaining: Obtaining): Promise<Obtained> {
  const { staging, stages, cacheDir, flushCache, signal, now } = obtaining;
  const ending = endOfLifeNotice(imageName(image), image.endOfLife, now);
  if (ending !== undefined) notice(obtaining, 'manifest', ending);
  const onWait = () => notice(obtaining, 'fetch', 'another run has this image in its hands: waiting for it');
  const use = await useImage(image, { cacheDir, flushCache, signal, onWait });
  try {
    const onFetched = (stop: AbortSignal) => use.share(stop);
    return { image, ...(await obtainImage(image, { ...obtaining, folder: staging.folder, onFetched }, stages)) };
  } catch (error) {
    await orNotice(obtaining, () => staging.clear());
    throw error;
  } finally {
    await use.end();
  }
}
