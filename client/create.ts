// Makes a container from a publisher's image. Reads as a table of contents; each step lives in its own folder.
// Whatever fails or interrupts it, nothing of the container stays.

import { explainSystemError } from '../errors/index.ts';
import { createStages, type Reporter, type Stages, type StageTime } from '../events/index.ts';
import type { Transport } from '../fetch/index.ts';
import type { BuildName } from '../image/index.ts';
import { type ImageId, imageName } from '../variants/identity.ts';
import { notRemoved } from './container/abandoned.ts';
import { configureContainer } from './container/configure.ts';
import type { HostUser } from './container/host-config.ts';
import { readMetadata } from './container/metadata.ts';
import { containerName } from './container/name.ts';
import { type ContainerPlan, planContainer } from './container/plan.ts';
import { openStaging, type Staging } from './container/staging.ts';
import { containersFolder } from './container/target.ts';
import { fetchImage, type VerifiedImage } from './fetch/image-files.ts';
import { unpackImage } from './unpack/unpack.ts';
import { parseImageName } from './verify/image-name.ts';
import { type ChosenImage, chooseImage } from './verify/images.ts';
import { openPublisher } from './verify/publisher.ts';
import { fromFirst } from './verify/servers.ts';

/** Everything that `cooper create NAME IMAGE` needs to know. Paths are absolute. */
export interface CreateRequest {
  readonly name: string;
  /** `debian/bookworm[/arch[/variant]]`. */
  readonly image: string;
  /** Debian's name of the host's architecture. */
  readonly architecture: string;
  /** Addresses of one publisher's servers, tried in this order. */
  readonly servers: readonly string[];
  readonly keyid: string | undefined;
  /** --path. */
  readonly path?: string | undefined;
  /** `<home>/containers`, only when --home was given. */
  readonly homeContainers?: string | undefined;
  readonly trustDir: string;
  /** `<home>/cache/images`. */
  readonly cacheDir: string;
  /** Fetches the image anew although it is in the cache. */
  readonly flushCache?: boolean | undefined;
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
  readonly stages: readonly StageTime[];
}

/**
 * Fetches, verifies, unpacks and configures; the container appears at once and whole.
 * @throws CooperError with every code of the client's section, of fetch and of signatures; the signal's reason
 */
export async function createContainer(request: CreateRequest): Promise<CreatedContainer> {
  const name = containerName(request.name);
  const wanted = parseImageName(request.image, request.architecture);
  const containers = await containersFolder(request, request.user);
  const plan = await planContainer(request.user, containers);
  const stages = createStages(request.report, request.signal);

  const staging = await openStaging(containers, name, plan.idMap);
  try {
    for (const message of [...plan.notices, ...staging.notices]) notice(request.report, 'plan', message);
    const { image, files } = await fromFirst(
      request.servers,
      (server) => fetchFrom(server, request, wanted, stages),
      (message) => notice(request.report, 'fetch', message),
    );
    const metadata = await readMetadata(files.meta, plan.mode);
    await stages.run('unpack', async (report) => {
      const total = files.manifest.rootfs.size;
      const onProgress = (done: number) => report.progress(done, total, 'bytes');
      const { signal } = request;
      const { folder } = staging;
      report.addCpu(await unpackImage(files, { ...plan, folder, excludes: metadata.excludes, signal, onProgress }));
    });
    await stages.run('configure', () =>
      configureContainer({ ...staging, name, origin: originOf(image), metadata, plan, signal: request.signal }),
    );
    await stages.run('commit', () => staging.commit());
    return created(staging, name, image, plan, metadata.createMessage, stages.times);
  } catch (error) {
    await discard(staging, request.report);
    request.signal.throwIfAborted();
    throw explainSystemError(error, `making ${staging.final}`);
  }
}

/** An image and its archives, verified. */
interface Fetched {
  readonly image: ChosenImage;
  readonly files: VerifiedImage;
}

async function fetchFrom(server: string, request: CreateRequest, wanted: ImageId, stages: Stages): Promise<Fetched> {
  const publisher = await stages.run('catalog', async (report) => {
    const opened = await openPublisher({ ...request, server });
    for (const message of opened.notices) report.notice(message);
    return opened;
  });
  const image = await stages.run('manifest', () => chooseImage(publisher, wanted));
  const files = await stages.run('fetch', (report) =>
    fetchImage(image, { ...request, onProgress: (done, total) => report.progress(done, total, 'bytes') }),
  );
  return { image, files };
}

function notice(report: Reporter, stage: string, message: string): void {
  report({ type: 'notice', time: Date.now(), stage, message });
}

/** A failure to clean up must not hide why there is something to clean up; the next run tries again. */
async function discard(staging: Staging, report: Reporter): Promise<void> {
  try {
    await staging.discard();
  } catch (error) {
    notice(report, 'discard', notRemoved(staging.folder, error));
  }
}

function originOf(image: ChosenImage): string {
  return `Made by cooper from ${imageName(image)} ${image.build} of publisher ${image.publisher.fingerprint}`;
}

function created(
  staging: Staging,
  name: string,
  image: ChosenImage,
  plan: ContainerPlan,
  message: string | undefined,
  stages: readonly StageTime[],
): CreatedContainer {
  return {
    name,
    folder: staging.final,
    image: imageName(image),
    build: image.build,
    publisher: image.publisher.fingerprint,
    privileged: plan.idMap === 'host',
    message,
    stages,
  };
}
