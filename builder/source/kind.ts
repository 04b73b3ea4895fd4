// What the builder asks of a source, whatever its kind: which packages there are for an image, the files of them, a root
// with them, and who has which file of it. A kind of source is one row of the table in kinds.ts that answers this.

import type { StageReport, Stages } from '../../events/index.ts';
import type { Transport } from '../../fetch/index.ts';
import type { Lock, Owner, Vouching } from '../../image/index.ts';
import type { FileDigest } from '../../keys/index.ts';
import type { IdMap } from '../../native/index.ts';
import type { ResolvedImage, Source } from '../../variants/resolved.ts';
import type { BuildRoot } from '../buildroot/box-of-root.ts';
import type { LayerPlan, ResolvedLayer } from '../plan/layers.ts';
import type { Login } from './oci/login/login.ts';
import type { WantedPackage } from './wanted.ts';

/** What asking a source needs from outside: a place for files, connections, a clock and a way to stop it. */
export interface SourceContext {
  /** The home folder's cache: `indices/` and `packages/` are used. */
  readonly cacheDir: string;
  /** `<home>/trust/archives`: the newest state of each source that was seen; undefined remembers nothing. */
  readonly seenDir?: string | undefined;
  readonly transport: Transport;
  readonly signal: AbortSignal;
  /** Judges expiry dates and signatures. */
  readonly now: Date;
}

/** What one run asks of a source. */
export interface SourceRequest extends SourceContext {
  /** Of the build roots. */
  readonly idMap: IdMap;
  readonly holdContainer: HoldContainer;
  readonly findTools: FindTools;
  readonly findLogin: FindLogin;
  /** Named by flags; each stands for itself. */
  readonly mirrors: NamedMirrors;
}

/**
 * Hands over the root of a container of whoever builds, and the map under which its owners are those inside. It must not run, and is held
 * meanwhile. Throws what opening it throws.
 */
export type HoldContainer = <T>(
  name: string,
  use: (container: { readonly rootfs: string; readonly idMap: IdMap | 'host' }) => Promise<T>,
) => Promise<T>;

/** A published image of the own tree by its name, in whose root scripts of a source run. Throws `tools-missing`. */
export type FindTools = (name: string, architecture: string) => Promise<Tools>;

/**
 * The login of whoever builds for a repository (`https://registry.example.org/library/name`) of a registry; undefined when there is none. Throws
 * `registry-login`. `passedOver` is told of each place that may have one and could not be asked, in a clause for people.
 */
export type FindLogin = (
  repository: URL,
  signal: AbortSignal,
  passedOver: (what: string) => void,
) => Promise<Login | undefined>;

/** The archive of such an image. */
export interface Tools {
  /** Path of rootfs.tar.xz. */
  readonly archive: string;
  readonly digest: FileDigest;
  /** Of its build: seconds since 1970. */
  readonly epoch: number;
  readonly build: string;
}

/** Mirrors named by flags; each stands for itself. */
export interface NamedMirrors {
  readonly main?: string | undefined;
  readonly security?: string | undefined;
}

/** What goes into one image, as the source has it. */
export interface Choice {
  /** One entry a variant, root first. */
  readonly chain: readonly ResolvedLayer[];
  /** Seconds since 1970: the build epoch when nothing else is given. */
  readonly epoch: number;
  /** What the choice was made from, as the lock records it. */
  readonly indices: Lock['indices'];
  /** By what it is vouched for. */
  readonly vouched: Vouching;
}

/** Bytes of files that are there, and of all; an attempt that is repeated makes `done` smaller. */
export type FetchProgress = (done: number, total: number, unit: 'bytes') => void;

/** Paths of fetched files by their SHA-256. */
export type FetchedFiles = ReadonlyMap<string, string>;

/** What the installation of one layer gets to work with. */
export interface LayerContext {
  /** The home folder's cache, in which the files lie. */
  readonly cacheDir: string;
  /** Native architecture of the root. */
  readonly architecture: string;
  /** True when the root has a base system already. */
  readonly below: boolean;
  readonly report: StageReport;
  readonly signal: AbortSignal;
  /** Named in errors, so that people find the whole output. */
  readonly logFile: string;
}

/** What the definition does between the steps of an installation; what these throw ends it. */
export interface InstallHooks {
  /** Packages are unpacked that are not configured yet: those of the base, or those of a layer above. */
  readonly unpacked: () => Promise<void>;
  /** The base is configured, the layer's other packages are not there. */
  readonly updated: () => Promise<void>;
}

/** A package of the list that an image has. */
export type ListedPackage = Pick<WantedPackage, 'name' | 'version' | 'architecture' | 'multiArch' | 'source'>;

/** A package by what the root's database files it under. */
export type OwnedPackage = Pick<WantedPackage, 'name' | 'architecture' | 'multiArch'> & {
  readonly source: { readonly name: string };
};

/** What each layer has added, the lowest first. */
export type OwnedLayers = readonly { readonly added: readonly OwnedPackage[] }[];

/** A source that a run builds from: where it is reached is decided. */
export interface OpenSource {
  /** Where what the definition names by URL is fetched from in this run. */
  readonly bases: ReadonlyMap<string, string>;
  /**
   * Asks the source, in the stages `index` and `resolve`: an answer for each image, in their order. The images are of one
   * release and architecture.
   */
  readonly choose: (images: readonly ResolvedImage[], stages: Stages) => Promise<readonly Choice[]>;
  /** Brings what the layers add into the cache. */
  readonly fetch: (layers: readonly LayerPlan[], onProgress: FetchProgress) => Promise<FetchedFiles>;
  /**
   * Bytes that fetched files take once they are unpacked, by their digests, as far as those who made them are not known to pack what packages
   * usually are. Reads them, if nobody has before.
   */
  readonly measure?: (layers: readonly LayerPlan[]) => Promise<ReadonlyMap<string, number>>;
  /** Makes the layer's packages part of the root: an empty one that belongs to inner root, or a finished one. */
  readonly install: (
    root: BuildRoot,
    layer: LayerPlan,
    files: FetchedFiles,
    context: LayerContext,
    hooks: InstallHooks,
  ) => Promise<void>;
  /** Takes away what must not go into an image from a finished layer. */
  readonly scrub: 'scrub' | 'scrub-locked';
  /** Asks a finished root for its packages, where the source has not chosen them. */
  readonly installed?: InstalledQuestion;
  /** Which package has which file of a finished root, in the order of the layers. */
  readonly owners: OwnersQuestion;
}

/** The packages that a root has, in the order of their names; undefined where nothing is known of them. */
export type InstalledQuestion = (
  root: BuildRoot,
  report: StageReport,
  signal: AbortSignal,
) => Promise<readonly ListedPackage[] | undefined>;

/** Which package has which file of a finished root, in the order of the layers and of the packages in them. */
export type OwnersQuestion = (
  root: BuildRoot,
  layers: OwnedLayers,
  report: StageReport,
  signal: AbortSignal,
) => Promise<readonly Owner[]>;

/** An image from one kind of source. */
export type ImageOf<Kind extends Source['kind']> = ResolvedImage & { readonly source: Extract<Source, { kind: Kind }> };

/** One kind of source. */
export interface SourceKind<Kind extends Source['kind']> {
  /** Decides where the source of the image is reached. */
  readonly open: (image: ImageOf<Kind>, request: SourceRequest) => Promise<OpenSource>;
}
