// Makes a container from a publisher's image. Reads as a table of contents; each step lives in its own folder.
// Whatever fails or interrupts it, nothing of the container stays.

import path from 'node:path';
import { explainSystemError } from '../errors/index.ts';
import { createStages, type Reporter, type StageTime } from '../events/index.ts';
import type { Transport } from '../fetch/index.ts';
import type { BuildName } from '../image/index.ts';
import type { IdMap } from '../native/index.ts';
import { KeptFiles } from './cache/kept-files.ts';
import { byRefresh, type Refresh } from './cache/refresh.ts';
import type { CacheLimits } from './cache/removal.ts';
import { tendCache } from './cache/tend.ts';
import { configureContainer } from './container/configure.ts';
import type { HostUser } from './container/host-config.ts';
import { imageTitle } from './container/image-title.ts';
import { type ContainerLogin, giveLogin } from './container/login.ts';
import { containerName } from './container/name.ts';
import { originText } from './container/origin.ts';
import { openPlace } from './container/place.ts';
import type { PreparedContainer } from './container/prepared.ts';
import type { Traffic } from './fetch/blocks.ts';
import { notice, obtainFromFiles, orNotice, tendingAfter, untold, waysTo } from './image-ways.ts';
import type { LocalSource } from './local/open-local.ts';
import { type ContainerProvision, provisionRootfs } from './provision.ts';
import { Unpacker } from './unpack/unpacker.ts';
import type { Threshold } from './verify/attestations.ts';
import type { TrustChoice } from './verify/choose-pin.ts';
import { parseWantedImage } from './verify/image-name.ts';
import type { VouchedBy } from './verify/vouching.ts';

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
  /** What lxc-create has made and said already, in place of the three above. */
  readonly prepared?: PreparedContainer | undefined;
  readonly trustDir: string;
  /** `<home>/cache/images`. */
  readonly cacheDir: string;
  /** Fetches the image anew although it is in the cache. */
  readonly flushCache?: boolean | undefined;
  /** Whether servers are asked for the newest build: `auto` for whoever says nothing. */
  readonly refresh?: Refresh | undefined;
  /** What stays in the cache afterwards. */
  readonly cacheLimits?: CacheLimits | undefined;
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
  /** Made of what was in the cache, without a server that says that it is the newest. */
  readonly offline: boolean;
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
  const stages = createStages(request.report, request.signal);

  const { plan, staging } = await openPlace(request, name);
  try {
    for (const message of [...plan.notices, ...staging.notices]) notice(request, 'plan', message);
    const values = { name, path: staging.final, rootfs: staging.finalRootfs };
    const unpacker = new Unpacker(staging, plan);
    const obtaining = { ...request, kept: new KeptFiles(request.cacheDir), plan, staging, unpacker, values, stages };
    const obtained =
      wanted.kind === 'files'
        ? obtainFromFiles(wanted, obtaining)
        : byRefresh(request.refresh ?? 'auto', waysTo(wanted, obtaining));
    const { image, metadata, traffic, vouching, offline } = await obtained.finally(() => unpacker.end());
    for (const message of untold(image, vouching)) notice(request, 'fetch', message);
    const origin = originText(image, vouching);
    await stages.run('configure', () =>
      configureContainer({ ...staging, values, origin, metadata, plan, signal: request.signal }),
    );
    const root = { name, rootfs: staging.rootfs, idMap: plan.nearMap };
    await provisionRootfs(root, path.dirname(staging.final), request.provision, { stages, now: request.now });
    const { login } = request;
    const passwordFile =
      login && (await stages.run('login', () => giveLogin(login, { ...request, ...staging, ...plan })));
    await stages.run('commit', () => staging.commit());
    await tendCache(tendingAfter(wanted, obtaining, offline), stages);
    return {
      name,
      folder: staging.final,
      ...imageTitle(image),
      publisher: vouching.signer ?? null,
      verified: vouching.by,
      lacking: vouching.lacking,
      privileged: plan.idMap === 'host',
      passwordFile,
      offline: offline !== false,
      message: metadata.createMessage,
      bytes: traffic,
      stages: stages.times,
    };
  } catch (error) {
    await orNotice({ ...request, staging }, () => staging.discard());
    request.signal.throwIfAborted();
    throw explainSystemError(error, `making ${staging.final}`);
  }
}
