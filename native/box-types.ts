// What a box is made of. Policy lives in the callers; native/box only interprets these values, in its own fixed order.

import type { IdMap } from './idmap-types.ts';

/** Folders of the host that overlayfs merges into one tree. `upper` and `work` belong to inner root, on one file system. */
export interface OverlayFolders {
  /** What lies below, from the top down; at least one. */
  readonly lowers: readonly string[];
  /** Gets all changes. */
  readonly upper: string;
  /** overlayfs's own scratch folder. */
  readonly work: string;
}

/** A tree that boxes work on: a directory of the host, or, with `overlay`, what those folders merge into there. */
export interface BoxTree {
  readonly path: string;
  readonly overlay?: OverlayFolders;
}

/** One step that fills the new root; carried out in the order given. Targets are absolute paths in the new root. */
export type BoxMount =
  /** Binds a host path (file or directory, recursive). `optional`: skipped when the source does not exist. */
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly optional?: boolean;
    }
  /** Layers merged, without device nodes. */
  | { readonly kind: 'overlay'; readonly target: string; readonly overlay: OverlayFolders; readonly readOnly: boolean }
  | { readonly kind: 'tmpfs'; readonly target: string; readonly mode: number }
  /** A fresh proc with /proc/sys read-only and the dangerous files masked. */
  | { readonly kind: 'proc'; readonly target: string }
  /** A minimal /dev: tmpfs 0755, bound standard nodes, devpts, links, /dev/shm. */
  | { readonly kind: 'dev'; readonly target: string }
  /** sysfs, read-only; needs network: 'none'. */
  | { readonly kind: 'sysfs'; readonly target: string }
  | { readonly kind: 'directory'; readonly target: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string; readonly to: string };

/** A namespace that a box can do without. */
export type SharedNamespace = 'cgroup' | 'ipc' | 'uts';

/** Limits of a process by the kernel's names (getrlimit(2)), in lower case and without RLIMIT_. */
export const rlimitNames = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const;

/** One limit of the program of a box, in the kernel's unit of it. `soft` is at most `hard`. */
export interface Rlimit {
  readonly name: (typeof rlimitNames)[number];
  readonly soft: number | 'unlimited';
  /** More than the caller's own hard limit is for real root alone. */
  readonly hard: number | 'unlimited';
}

/** Whose rights a program has; ids as they are inside, all of them mapped. */
export interface BoxUser {
  readonly uid: number;
  readonly gid: number;
  /** The groups besides. */
  readonly groups: readonly number[];
  /** Numbers of capabilities that it has although it is not root (ambient; capabilities(7)). */
  readonly capabilities?: readonly number[];
}

/** Everything about one box. */
export interface BoxSpec {
  /** `host`: no user namespace (real root only). */
  readonly idMap: IdMap | 'host';
  /** Directory or tree that becomes `/`, or `empty`: a fresh tmpfs. */
  readonly root: string | BoxTree | 'empty';
  readonly mounts: readonly BoxMount[];
  readonly network: 'none' | 'host';
  /** Namespaces of the caller that the box shares instead of having its own; `hostname` is then not set with `uts`. */
  readonly shareNamespaces?: readonly SharedNamespace[];
  readonly hostname: string;
  /** `guarded`: mount, namespaces, keyctl, bpf, module and clock syscalls and the like are refused (EPERM). */
  readonly seccomp: 'guarded' | 'off';
  /** Numbers (capabilities(7)) of those that programs keep, instead of what box has for packages. */
  readonly capabilities?: readonly number[];
  /** Of the program, which needs an id map then (default: root); all that box does before is done as root. */
  readonly user?: BoxUser;
  /** Of the program and what it starts; the processes of the box itself keep theirs. */
  readonly rlimits?: readonly Rlimit[];
  /** The root is read-only once everything is mounted in it; mounts keep what they are. */
  readonly readOnlyRoot?: boolean;
  /** Lines for binfmt_misc of the box's own user namespace (Linux 6.7); needs an id map. */
  readonly binaryFormats?: readonly string[];
  readonly noNewPrivileges: boolean;
  /**
   * `record`: what programs make with mknod(2) becomes an empty file marked as a device node, which image/ packs as that
   * node; standard devices work inside meanwhile. Needs an id map and `guarded`. By default, and where the manager of a
   * container that we are in listens to such calls itself, the kernel refuses (EPERM).
   */
  readonly deviceNodes?: 'record' | 'refuse';
  /** Absolute path of the program in the new root, then its arguments; resolved along PATH when it has no slash. */
  readonly argv: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Wall-clock limit in seconds; when it is over, everything inside is killed. */
  readonly timeLimit?: number;
  readonly limits?: BoxLimits;
}

/** What a box may use. Bytes of memory (its tmpfs included), processes and threads at one time: by control groups. */
export interface BoxLimits {
  readonly memoryBytes?: number;
  readonly pids?: number;
  /** What becomes of a limit on memory that the host cannot enforce (default: told when the box has ended). */
  readonly unenforced?: 'tell' | 'refuse';
  /** Ends the box when less than `reserveBytes` are free on the file system of `path`. */
  readonly disk?: { readonly path: string; readonly reserveBytes: number };
}

/** A limit that the host could not enforce as it was asked for, and why. */
export interface LimitShortfall {
  readonly limit: 'memory' | 'pids';
  readonly reason: string;
}

/** How the program inside ended. `cpuSeconds`: user and system time of the whole box. */
export interface BoxExit {
  /** Exit status; 128 + signal when killed by a signal. */
  readonly status: number;
  readonly cpuSeconds: number;
  readonly timedOut: boolean;
  /** What ran inside when the time was over, as a tree: two spaces for each level. */
  readonly processes: readonly string[];
  /** Limits that were met: something was killed or refused for them. */
  readonly exceeded: readonly ('memory' | 'pids' | 'disk')[];
  readonly shortfalls: readonly LimitShortfall[];
}
