// What a rule is and what it may know besides the root.

import type { RootView } from './root-view.ts';

/** What must not have come from the host into an image. */
export interface HostTraces {
  readonly hostname: string;
  /** Text of the host's /etc/resolv.conf; empty when it has none. */
  readonly resolvConf: string;
}

/** What a root is judged with. */
export interface RuleContext {
  readonly host: HostTraces;
}

/** One breach of a rule. `path` as in RootEntry. */
export interface Finding {
  readonly path: string;
  readonly message: string;
}

/** A rule that every root has to keep before anyone signs it. Codes are stable, kebab-case. */
export interface Rule {
  readonly code: string;
  /** What holds for a root that keeps it. */
  readonly title: string;
  readonly check: (root: RootView, context: RuleContext) => readonly Finding[];
}
