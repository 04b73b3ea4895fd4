// Makes a container from a publisher's image. Reads as a table of contents; each step lives in its own folder.
// Whatever fails or interrupts it, nothing of the container stays.

import path from 'node:path';
import { explainSystemError } from '../errors/index.ts';
import { createStages, type Reporter, type Stages, type StageTime } from '../events/index.ts';
import type { Transport } from '../fetch/index.ts';
import { type BuildName, endOfLifeNotice } from '../image/index.ts';
import type { IdMap } from '../native/index.ts';
import { imageName } from '../variants/identity.ts';
import { notRemoved } from './container/abandoned.ts';
import { configureContainer } from './container/configure.ts';
import type { HostUser } from './container/host-config.ts';
import { imageTitle } from './container/image-title.ts';
import { type ContainerLogin, giveLogin } from './container/login.ts';
import { containerName } from './container/name.ts';
import { originText } from './container/origin.ts';
import { type ContainerPlan, planContainer } from './container/plan.ts';
import { openStaging, type Staging } from './container/staging.ts';
import { containersFolder } from './container/target.ts';
import type { Traffic } from './fetch/blocks.ts';
import { fastestFirst, type ServerWitness } from './fetch/server-speeds.ts';
import { type LocalSource, openLocalImage } from './local/open-local.ts';
import { type ContainerProvision, provisionRootfs } from './provision.ts';
import type { ObtainableImage } from './unpack/deliver.ts';
import { type ObtainedImage, obtainImage } from './unpack/obtain.ts';
import { chooseBuild, type UpstreamImage } from './upstream/choose-build.ts';
import type { Threshold } from './verify/attestations.ts';
import type { TrustChoice } from './verify/choose-pin.ts';
import { parseWantedImage, type WantedImage } from './verify/image-name.ts';
import { type ChosenImage, chooseImage } from './verify/images.ts';
import { openServer, useServer } from './verify/open-server.ts';
import { parseServer } from './verify/server-address.ts';
import { fromFirst } from './verify/servers.ts';
import type { VouchedBy, Vouching } from './verify/vouching.ts';

/** Everything that `cooper create NAME IMAGE` needs to know. Paths are absolute. */
export interface CreateRequest {
  readonly name: string;
  /** As parseWantedImage reads it, or files on this machine: then no server is asked. */
  readonly image: string | LocalSource;
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
  readonly trustDir: string;
  /** `<home>/cache/images`. */
  readonly cacheDir: string;
  /** Fetches the image anew although it is in the cache. */
  readonly flushCache?: boolean | undefined;
  /** --seed: archives of earlier builds whose blocks need not be fetched. */
  readonly seeds?: readonly string[] | undefined;
  /** Done to the root before anybody is let in. */
  readonly provision?: ContainerProvision | undefined;
  /** Whom to let in; undefined: nobody, root's password is locked. */
  readonly login?: ContainerLogin | undefined;
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
  /** `debian/bookworm/amd64/mini`; the path of files that do not say what they are. */
  readonly image: string;
  /** Null for such files. */
  readonly build: BuildName | null;
  /** Fingerprint of the key that has signed it; null where no signature was looked at. */
  readonly publisher: string | null;
  /** What vouches for it. */
  readonly verified: VouchedBy;
  /** What that leaves open, a clause each. */
  readonly lacking: readonly string[];
  readonly privileged: boolean;
  /** File with the password that was made for it, where one was; mode 0600. */
  readonly passwordFile: string | undefined;
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
  const { image: named, architecture } = request;
  const wanted = typeof named === 'string' ? parseWantedImage(named, architecture) : named;
  const containers = await containersFolder(request, request.user);
  const plan = await planContainer(request.user, containers, request.idMap);
  const stages = createStages(request.report, request.signal);

  const staging = await openStaging(containers, name, plan.idMap);
  try {
    for (const message of [...plan.notices, ...staging.notices]) notice(request.report, 'plan', message);
    const making = { ...request, plan, staging, stages };
    const { image, metadata, traffic, vouching } =
      wanted.kind === 'files' ? await obtainFromFiles(wanted, making) : await obtainFromServers(wanted, making);
    for (const message of untold(image, vouching)) notice(request.report, 'fetch', message);
    const origin = originText(image, vouching);
    await stages.run('configure', () =>
      configureContainer({ ...staging, name, origin, metadata, plan, signal: request.signal }),
    );
    const root = { name, rootfs: path.join(staging.folder, 'rootfs'), idMap: plan.idMap };
    await provisionRootfs(root, containers, request.provision, { stages, now: request.now });
    const { login } = request;
    const passwordFile =
      login && (await stages.run('login', () => giveLogin(login, { ...request, ...staging, ...plan })));
    await stages.run('commit', () => staging.commit());
    return {
      name,
      folder: staging.final,
      ...imageTitle(image),
      publisher: vouching.signer ?? null,
      verified: vouching.by,
      lacking: vouching.lacking,
      privileged: plan.idMap === 'host',
      passwordFile,
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

/** What getting the image needs besides the request. */
interface Making extends CreateRequest {
  readonly plan: ContainerPlan;
  readonly staging: Staging;
  readonly stages: Stages;
}

/** An image with its root filesystem in the staging folder. */
type Obtained = ObtainedImage & { readonly image: ObtainableImage };

async function obtainFromFiles(source: LocalSource, { staging, stages, ...making }: Making): Promise<Obtained> {
  const image = await stages.run('manifest', async (report) => {
    const opened = await openLocalImage(source, making);
    for (const message of opened.notices) report.notice(message);
    return opened;
  });
  return { image, ...(await obtainImage(image, { ...making, folder: staging.folder }, stages)) };
}

function obtainFromServers(wanted: WantedImage, making: Making): Promise<Obtained> {
  return fastestFirst(making.servers, making.cacheDir, (servers, witness) =>
    fromFirst(
      servers,
      (server) => obtainFrom(server, wanted, { ...making, ...witness, servers }),
      (message, server) => {
        witness.failed(server);
        notice(making.report, 'fetch', message);
      },
    ),
  );
}

/** Of a server that fails nothing stays in the staging folder. */
async function obtainFrom(
  server: string,
  wanted: WantedImage,
  { staging, stages, ...making }: Making & ServerWitness,
): Promise<Obtained> {
  const open = () =>
    stages.run('catalog', async (report) => {
      const opened = await openServer({ ...making, server });
      const messages = opened.kind === 'upstream' ? opened.lacking : opened.publisher.notices;
      for (const message of messages) report.notice(message);
      return opened;
    });
  const image = await useServer<ChosenImage | UpstreamImage>(open, {
    ofPublisher: (publisher) => stages.run('manifest', () => chooseImage(publisher, wanted, making)),
    ofUpstream: (upstream) => stages.run('manifest', async () => chooseBuild(upstream, wanted, making)),
  });
  if (image.kind === 'published') {
    const ending = endOfLifeNotice(imageName(image), image.endOfLife, making.now);
    if (ending !== undefined) notice(making.report, 'manifest', ending);
  }
  try {
    const otherServers = making.servers.filter((other) => other !== server).map(parseServer);
    return { image, ...(await obtainImage(image, { ...making, otherServers, folder: staging.folder }, stages)) };
  } catch (error) {
    await orNotice(staging, making.report, () => staging.clear());
    throw error;
  }
}

/** What a server cannot prove was told when it was opened. */
function untold(image: ObtainableImage, { lacking }: Vouching): readonly string[] {
  return image.kind === 'upstream' ? lacking.filter((each) => !image.upstream.lacking.includes(each)) : lacking;
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
