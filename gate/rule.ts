// What a rule is and what it may know besides what it judges. Rules are pure: they look and say what they found.

import type { PackedImage } from './packed-image.ts';
import type { PrivilegedFile } from './privileged-files.ts';
import type { RootView } from './root-view.ts';

/** What must not have come from the host into an image. */
export interface HostTraces {
  readonly hostname: string;
  /** Text of the host's /etc/resolv.conf; empty when it has none. */
  readonly resolvConf: string;
}

/** The build with which privileges are compared: the last one of the image, or of the variant that it extends. */
export interface Baseline {
  /** `debian/bookworm/amd64/mini 20260101_12:00`, for people. */
  readonly build: string;
  readonly privileged: readonly PrivilegedFile[];
  /** Names of its packages. */
  readonly packages: readonly string[];
}

/** What an image is judged with. */
export interface RuleContext {
  readonly host: HostTraces;
  readonly baseline?: Baseline;
}

/** One thing that a rule says. `path` as in RootEntry. */
export interface Finding {
  readonly path: string;
  readonly message: string;
  /**
   * A breach when left out. `note`: worth reading, refuses nothing. `skipped`: the rule could not be judged here, and why.
   */
  readonly weight?: 'note' | 'skipped';
}

/** A rule that every image has to keep before anyone signs it. Codes are stable, kebab-case. */
export interface RuleFor<Subject> {
  readonly code: string;
  /** What holds for an image that keeps it. */
  readonly title: string;
  readonly check: (subject: Subject, context: RuleContext) => readonly Finding[];
}

/** A rule that judges the root filesystem, on disk or in its archive. */
export type Rule = RuleFor<RootView>;

/** A rule that judges the archives of an image. */
export type ImageRule = RuleFor<PackedImage>;
