// A definition narrowed to one image: what the builder works from. Made only by resolve.ts.

import type { BesideFile } from './beside-file.ts';
import type { Isolation, NetworkPolicy } from './isolation.ts';
import type { Source } from './sources.ts';

export type { BesideFile } from './beside-file.ts';
export type { BesideFolder } from './beside-folder.ts';
export type { BusyboxSource } from './sources/busybox.ts';
export type { DebianArchive, DebianSource, Suite } from './sources/debian.ts';
export type { OciSource } from './sources/oci.ts';
export type { RootfsSource, RootfsVouching } from './sources/rootfs.ts';
export type { SlackwareSource, Tag } from './sources/slackware.ts';
export type { Keyring } from './sources/source-parts.ts';
export type { Source } from './sources.ts';

/** Which packages form the base, before `include`. */
export type PackageBase = 'essential' | 'required' | 'important' | 'standard';

/** A user and a group: numbers, or names that the root has when files are placed. */
interface Owned {
  readonly owner: number | string;
  readonly group: number | string;
}

/**
 * One change of the root filesystem; `path` is absolute in it. `text`: a file with this content, which is final. `copy`: a
 * file that stands beside the definition. `directory`: with `keep` one that is there stays as it is. `link`: a symbolic one.
 * `remove`: what is reached by names that these regular expressions mean, except the paths in `never`.
 */
export type ImageFile =
  | ({ readonly kind: 'text'; readonly path: string; readonly content: string; readonly mode: number } & Owned)
  | ({ readonly kind: 'copy'; readonly path: string; readonly source: BesideFile; readonly mode: number } & Owned)
  | ({
      readonly kind: 'directory';
      readonly path: string;
      readonly mode: number;
      readonly existing: 'keep' | 'change';
    } & Owned)
  | ({ readonly kind: 'link'; readonly path: string; readonly target: string } & Owned)
  | {
      readonly kind: 'remove';
      readonly path: string;
      readonly names: readonly string[];
      readonly never: readonly string[];
    };

/**
 * When an action runs: packages are unpacked and none is configured; the base is configured and the other packages are
 * to come; all are configured; the files are placed. Upon another variant's layer the base is configured already:
 * there `post-update` comes first, and `post-unpack` once the layer's own packages are unpacked.
 */
export type Trigger = 'post-unpack' | 'post-update' | 'post-packages' | 'post-files';

/** A script run with `sh -e` inside the box; `trigger` says when. */
export interface Action {
  readonly name: string;
  readonly trigger: Trigger;
  readonly script: string;
}

/** LXC side of the image: texts of the members of meta.tar.xz (docs/PROTOCOLS.md, section 1). */
export interface LxcMetadata {
  readonly config: string;
  readonly configUser: string;
  readonly createMessage: string;
  /** Rootfs-relative paths of files in which LXC_NAME and the like are replaced. */
  readonly templates: readonly string[];
  /** Days after which the stock client's cache entry expires. */
  readonly expiryDays: number;
}

/** A device node that the image has and the tree never has. */
export interface DeviceNode {
  /** Rootfs-relative, without leading slash: `dev/console`. */
  readonly path: string;
  readonly type: 'character' | 'block';
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
}

/** Findings of the gate that the definition answers for. */
export interface Waiver {
  /** Code of a rule of the gate. */
  readonly rule: string;
  readonly reason: string;
  /** Patterns of absolute paths: `*` within a name, `**` across names. None: every finding of the rule. */
  readonly paths: readonly string[];
}

/**
 * What one variant of the chain brings. `base`, `include` and `recommends` are all that is asked for up to here; files and
 * actions are those that no variant before it has, and the actions of every variant.
 */
export interface ImageLayer {
  readonly variant: string;
  readonly base: PackageBase;
  /** Package names, in the order of the variant chain, without repetition; `name:i386` for a foreign architecture. */
  readonly include: readonly string[];
  /** Folders of packages that are installed whole, in the order of the chain; absent where the source has no such. */
  readonly categories?: readonly string[];
  /** Names that must not be installed. */
  readonly exclude: readonly string[];
  readonly recommends: boolean;
  readonly files: readonly ImageFile[];
  readonly actions: readonly Action[];
}

/** A repository that a root gets besides its own. */
export interface PackageRepository {
  readonly name: string;
  readonly url: string;
  readonly key: string;
  /** Of its file, without folders. */
  readonly keyName: string;
  readonly suite?: string;
  readonly components?: readonly string[];
}

/** Programs with their arguments; `{names}` stands for packages. */
export type PackageCommands = Readonly<
  Record<'refresh' | 'install' | 'update' | 'remove' | 'clean', readonly (readonly string[])[]>
>;

/** How packages come upon what an image begins as. */
export interface Packaging {
  readonly update: boolean;
  readonly repositories: readonly PackageRepository[];
  /** Instead of those of the manager that the root has. */
  readonly commands?: PackageCommands;
}

/** Everything that is to be built. Frozen; holds no path of the host. */
export interface ResolvedImage {
  readonly distribution: string;
  readonly release: string;
  readonly architecture: string;
  readonly variant: string;
  /** Shown to people: `Debian 12 "bookworm", mini`. */
  readonly title: string;
  /** Of the release: `12`. */
  readonly releaseVersion: string;
  readonly source: Source;
  /** Only of a source that is a root. */
  readonly packaging?: Packaging;
  /** The chain of variants, root first; the last one is the image's own. */
  readonly layers: readonly ImageLayer[];
  readonly devices: readonly DeviceNode[];
  readonly lxc: LxcMetadata;
  readonly waivers: readonly Waiver[];
  /** What the scripts of the definition may fetch. */
  readonly network: NetworkPolicy;
  /** How programs are confined while the image is built. */
  readonly isolation: Isolation;
  /** Of the blocks of rootfs.tar.xz that hold programs. */
  readonly filter: 'plain' | 'x86';
  /** Level of zstd for a rootfs.tar.zst; without it there is none. */
  readonly zstd?: number;
}

/** The layer of the image's own variant: all packages that are asked for. */
export function ownLayer(image: ResolvedImage): ImageLayer {
  const own = image.layers.at(-1);
  if (own === undefined) throw new TypeError('an image without a layer');
  return own;
}

/** The source of an image, which is of that kind. */
export function sourceOf<Kind extends Source['kind']>({ source }: ResolvedImage, kind: Kind) {
  if (source.kind !== kind) throw new TypeError(`the source is of the kind ${source.kind}, not ${kind}`);
  return source as Extract<Source, { kind: Kind }>;
}
