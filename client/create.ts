// Makes a container from a publisher's image. Reads as a table of contents; each step lives in its own folder.
// Whatever fails or interrupts it, nothing of the container stays.

import { explainSystemError } from '../errors/index.ts';
import { createStages, type Reporter, type Stages, type StageTime } from '../events/index.ts';
import type { Transport } from '../fetch/index.ts';
import { type BuildName, endOfLifeNotice } from '../image/index.ts';
import type { IdMap } from '../native/index.ts';
import { imageName } from '../variants/identity.ts';
import { notRemoved } from './container/abandoned.ts';
import { configureContainer } from './container/configure.ts';
import type { HostUser } from './container/host-config.ts';
import { containerName } from './container/name.ts';
import { openPlace } from './container/place.ts';
import type { ContainerPlan } from './container/plan.ts';
import type { PreparedContainer } from './container/prepared.ts';
import type { Staging } from './container/staging.ts';
import type { Traffic } from './fetch/blocks.ts';
import { fastestFirst, type ServerWitness } from './fetch/server-speeds.ts';
import { type ObtainedImage, obtainImage } from './unpack/obtain.ts';
import type { Threshold } from './verify/attestations.ts';
import type { TrustChoice } from './verify/choose-pin.ts';
import { parseWantedImage, type WantedImage } from './verify/image-name.ts';
import { type ChosenImage, chooseImage } from './verify/images.ts';
import { whileItMoves } from './verify/moved.ts';
import { openPublisher, type Publisher } from './verify/publisher.ts';
import { parseServer } from './verify/server-address.ts';
import { fromFirst } from './verify/servers.ts';

/** Everything that `cooper create NAME IMAGE` needs to know. Paths are absolute. */
export interface CreateRequest {
  readonly name: string;
  /** As parseWantedImage reads it. */
  readonly image: string;
  /** Debian's name of the host's architecture. */
  readonly architecture: string;
  /** Addresses of one publisher's servers: the one that was fastest before is tried first, else the first one. */
  readonly servers: readonly string[];
  readonly trust: TrustChoice;
  /** How many publishers must have signed the image. */
  readonly threshold?: Threshold | undefined;
  /** `stable` for whoever names none. */
  readonly channel: string;
  /** --path. */
  readonly path?: string | undefined;
  /** `<home>/containers`, only when --home was given. */
  readonly homeContainers?: string | undefined;
  /** --idmap; `host`: none. Otherwise default.conf says, and for ordinary users their subordinate ids. */
  readonly idMap?: IdMap | 'host' | undefined;
  /** What lxc-create has made and said already, in place of the three above. */
  readonly prepared?: PreparedContainer | undefined;
  readonly trustDir: string;
  /** `<home>/cache/images`. */
  readonly cacheDir: string;
  /** Fetches the image anew although it is in the cache. */
  readonly flushCache?: boolean | undefined;
  /** --seed: archives of earlier builds whose blocks need not be fetched. */
  readonly seeds?: readonly string[] | undefined;
  readonly user: HostUser;
  readonly transport: Transport;
  readonly now: Date;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** A container that is in its place. */
export interface CreatedContainer {
  readonly name: string;
  /** Folder of the container; holds `config` and `rootfs`. */
  readonly folder: string;
  /** `debian/bookworm/amd64/mini`. */
  readonly image: string;
  readonly build: BuildName;
  /** Fingerprint of the key that vouches for it. */
  readonly publisher: string;
  readonly privileged: boolean;
  /** The image's own message to whoever made a container of it. */
  readonly message: string | undefined;
  /** Bytes of the image's archives that were fetched, and that were here. */
  readonly bytes: Traffic;
  readonly stages: readonly StageTime[];
}

/**
 * Fetches, verifies, unpacks and configures; the container appears at once and whole.
 * @throws CooperError with every code of the client's section, of fetch and of signatures; the signal's reason
 */
export async function createContainer(request: CreateRequest): Promise<CreatedContainer> {
  const name = containerName(request.name);
  const wanted = parseWantedImage(request.image, request.architecture);
  const stages = createStages(request.report, request.signal);

  const { plan, staging } = await openPlace(request, name);
  try {
    for (const message of [...plan.notices, ...staging.notices]) notice(request.report, 'plan', message);
    const { image, metadata, traffic } = await fastestFirst(request.servers, request.cacheDir, (servers, witness) =>
      fromFirst(
        servers,
        (server) => obtainFrom(server, wanted, { ...request, ...witness, servers, plan, staging, stages }),
        (message, server) => {
          witness.failed(server);
          notice(request.report, 'fetch', message);
        },
      ),
    );
    await stages.run('configure', () =>
      configureContainer({ ...staging, name, origin: originOf(image), metadata, plan, signal: request.signal }),
    );
    await stages.run('commit', () => staging.commit());
    return {
      name,
      folder: staging.final,
      image: imageName(image),
      build: image.build,
      publisher: image.publisher.fingerprint,
      privileged: plan.idMap === 'host',
      message: metadata.createMessage,
      bytes: traffic,
      stages: stages.times,
    };
  } catch (error) {
    await orNotice(staging, request.report, () => staging.discard());
    request.signal.throwIfAborted();
    throw explainSystemError(error, `making ${staging.final}`);
  }
}

/** What a server's part of the work needs besides the request. */
interface Making extends CreateRequest, ServerWitness {
  readonly plan: ContainerPlan;
  readonly staging: Staging;
  readonly stages: Stages;
}

/** The image with its root filesystem in the staging folder; of a server that fails nothing stays there. */
async function obtainFrom(
  server: string,
  wanted: WantedImage,
  { staging, stages, ...making }: Making,
): Promise<ObtainedImage & { readonly image: ChosenImage }> {
  const open = () =>
    stages.run('catalog', async (report) => {
      const opened = await openPublisher({ ...making, server });
      for (const message of opened.notices) report.notice(message);
      return opened;
    });
  const choose = (publisher: Publisher) => stages.run('manifest', () => chooseImage(publisher, wanted, making));
  const image = await whileItMoves(open, choose, 2);
  const ending = endOfLifeNotice(imageName(image), image.endOfLife, making.now);
  if (ending !== undefined) notice(making.report, 'manifest', ending);
  try {
    const otherServers = making.servers.filter((other) => other !== server).map(parseServer);
    return { image, ...(await obtainImage(image, { ...making, otherServers, staging }, stages)) };
  } catch (error) {
    await orNotice(staging, making.report, () => staging.clear());
    throw error;
  }
}

function notice(report: Reporter, stage: string, message: string): void {
  report({ type: 'notice', time: Date.now(), stage, message });
}

/** A failure to clean up must not hide why there is something to clean up; the next run tries again. */
async function orNotice(staging: Staging, report: Reporter, cleanUp: () => Promise<void>): Promise<void> {
  try {
    await cleanUp();
  } catch (error) {
    notice(report, 'discard', notRemoved(staging.folder, error));
  }
}

function originOf(image: ChosenImage): string {
  return `Made by cooper from ${imageName(image)} ${image.build} of publisher ${image.publisher.fingerprint}`;
}
