// All rules of a root, in the order in which they are reported, and how a root is judged by them.

import { type PrivilegedFile, privilegedFiles } from './privileged-files.ts';
import { judge, type RuleReport } from './report.ts';
import type { RootView } from './root-view.ts';
import type { Rule, RuleContext } from './rule.ts';
import { authorizedKeys } from './rules/authorized-keys.ts';
import { deviceNodes } from './rules/device-nodes.ts';
import { foreignIds } from './rules/foreign-ids.ts';
import { hostAttributes } from './rules/host-attributes.ts';
import { hostTraces } from './rules/host-traces.ts';
import { init } from './rules/init.ts';
import { machineId } from './rules/machine-id.ts';
import { passwords } from './rules/passwords.ts';
import { privilegedFilesRule } from './rules/privileged-files.ts';
import { sshHostKeys } from './rules/ssh-host-keys.ts';
import { worldWritable } from './rules/world-writable.ts';

/** Rules that judge the root filesystem. */
export const rootRules: readonly Rule[] = Object.freeze([
  init,
  passwords,
  authorizedKeys,
  sshHostKeys,
  machineId,
  hostTraces,
  deviceNodes,
  foreignIds,
  hostAttributes,
  worldWritable,
  privilegedFilesRule,
]);

/** What all rules found, in their order, and what the root is remembered by. */
export interface RootReport {
  readonly entries: number;
  readonly rules: readonly RuleReport[];
  readonly privileged: readonly PrivilegedFile[];
}

/** Judges a root by every rule. */
export function checkRoot(root: RootView, context: RuleContext): RootReport {
  return {
    entries: root.entries().length,
    rules: judge(root, context, rootRules),
    privileged: privilegedOf(root),
  };
}

// A database that cannot be read is a finding of the rule that needs it.
function privilegedOf(root: RootView): readonly PrivilegedFile[] {
  try {
    return privilegedFiles(root).files;
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}
