// What `cooper doctor` knows of a host before it judges anything. Plain data: a host can be recorded and judged elsewhere.

import type { StartObstacle } from '../../client/index.ts';
import type { CooperError, ErrorCode } from '../../errors/index.ts';
import type { IdMap, Mount } from '../../native/index.ts';

/** A failure, as far as it is judged and shown. */
export type Failure = Pick<CooperError, 'message' | 'next' | 'lines'> & { readonly code: ErrorCode };

/** What was tried: it went well, or failed. */
export type Tried<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** Everything that was seen. */
export interface HostFacts {
  readonly user: UserFacts;
  readonly kernel: KernelFacts;
  readonly mapPrograms: readonly MapProgram[];
  readonly cgroups: CgroupFacts;
  readonly containers: FolderFacts;
  readonly home: FolderFacts & { readonly format: Tried };
  /** Bytes of memory that can be had. */
  readonly memory: number;
  readonly plan: Tried<PlanFacts>;
  readonly lxc: LxcFacts;
  readonly clock: ClockFacts;
  /** Undefined where they were not to be asked. */
  readonly remotes: Tried<readonly RemoteFacts[]> | undefined;
  readonly engines: EngineFacts;
}

/** Who asks. */
export interface UserFacts {
  readonly uid: number;
  readonly name: string;
}

/** Of the kernel, and what it lets this user do. */
export interface KernelFacts {
  /** `6.1.0-18-amd64`. */
  readonly release: string;
  /** Values of sysctls; those that the kernel does not have are left out. */
  readonly sysctls: Readonly<Partial<Record<UsernsSysctl, number>>>;
  /** Set-id programs have no effect in this process (prctl(2), PR_SET_NO_NEW_PRIVS). */
  readonly noNewPrivileges: boolean;
  /** A box as builds have it, with every id of the map and a limit of each kind; its value: limits that could not be set. */
  readonly box: Tried<readonly string[]>;
  /** A box that merges folders by overlayfs; undefined where there was none at all. */
  readonly overlay: Tried | undefined;
}

/** What can forbid user namespaces. */
export const usernsSysctls = [
  'user.max_user_namespaces',
  'kernel.unprivileged_userns_clone',
  'kernel.apparmor_restrict_unprivileged_userns',
] as const;

/** One of them. */
export type UsernsSysctl = (typeof usernsSysctls)[number];

/** newuidmap or newgidmap. */
export interface MapProgram {
  readonly name: string;
  /** Where PATH has it; the rest is undefined without it. */
  readonly file?: FileFacts;
}

/** A program. */
export interface FileFacts {
  readonly path: string;
  readonly uid: number;
  readonly mode: number;
  /** It has file capabilities. */
  readonly capable: boolean;
  /** It lies on a mount where set-id bits have no effect. */
  readonly nosuid: boolean;
}

/** Control groups, as this process sees them. */
export interface CgroupFacts {
  readonly layout: 'v1' | 'hybrid' | 'v2' | 'none';
  /** The group of this process: its folder, whether groups can be made in it, and (version 2) controllers that it has. */
  readonly own:
    | { readonly folder: string; readonly writable: boolean; readonly controllers: readonly string[] }
    | undefined;
  /** Controllers that systemd has given to the user's own manager; undefined where there is no such group. */
  readonly userManager: readonly string[] | undefined;
}

/** A folder that need not be there yet. Sizes in bytes. */
export interface FolderFacts {
  readonly path: string;
  /** The folder itself, or the nearest one above it that is there. */
  readonly existing: string;
  readonly writable: boolean;
  readonly mount: Pick<Mount, 'target' | 'type' | 'flags'> | undefined;
  readonly free: number;
  /** Files that can still be made; undefined where the file system does not count them. */
  readonly freeInodes: number | undefined;
}

/** What `cooper create` would decide. */
export interface PlanFacts {
  readonly idMap: IdMap | 'host';
  readonly obstacles: readonly StartObstacle[];
  /** default.conf: its path, whether it is there, kinds of networks (`veth`, `empty`) that it names. */
  readonly defaults: { readonly file: string; readonly exists: boolean; readonly networks: readonly string[] };
}

/** The tools of LXC. */
export interface LxcFacts {
  /** `5.0.2`; undefined without lxc-start. */
  readonly version: string | undefined;
  /** Its bridge lxcbr0 is there. */
  readonly bridge: boolean;
}

/** How right the clock is. */
export interface ClockFacts {
  readonly now: Date;
  /** What timedatectl(1) says; undefined where it does not. */
  readonly synchronized: boolean | undefined;
}

/** A remote and what its servers answered. */
export interface RemoteFacts {
  readonly name: string;
  readonly isDefault: boolean;
  readonly servers: readonly ServerFacts[];
}

/** A server. */
export interface ServerFacts {
  readonly url: string;
  /** Seconds by which its clock is ahead of ours; undefined where it does not tell the time. */
  readonly answer: Tried<number | undefined>;
}

/** What of Cooper is compiled here. */
export interface EngineFacts {
  /** Name and version, such as `liblzma 5.4.1`. */
  readonly xz: Tried<string>;
  readonly zstd: boolean;
  /** The executable that makes boxes: its path, and whether it is there. */
  readonly box: { readonly path: string; readonly exists: boolean };
  /** A call of the addon for what node cannot do. */
  readonly sys: Tried;
}
