// All rules, in the order in which they are reported, and how a root is judged by them.

import type { RootView } from './root-view.ts';
import type { Finding, Rule, RuleContext } from './rule.ts';
import { authorizedKeys } from './rules/authorized-keys.ts';
import { deviceNodes } from './rules/device-nodes.ts';
import { foreignIds } from './rules/foreign-ids.ts';
import { hostAttributes } from './rules/host-attributes.ts';
import { hostTraces } from './rules/host-traces.ts';
import { init } from './rules/init.ts';
import { machineId } from './rules/machine-id.ts';
import { passwords } from './rules/passwords.ts';
import { sshHostKeys } from './rules/ssh-host-keys.ts';
import { worldWritable } from './rules/world-writable.ts';

/** The whole gate. */
export const rules: readonly Rule[] = Object.freeze([
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
]);

/** What one rule found. */
export interface RuleReport {
  readonly code: string;
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** What all rules found, in their order. The root has passed when there are no findings. */
export interface RootReport {
  readonly entries: number;
  readonly rules: readonly RuleReport[];
}

/** Judges a root by every rule. A file too large to be read is a finding of the rule that had to read it. */
export function checkRoot(root: RootView, context: RuleContext, judged: readonly Rule[] = rules): RootReport {
  return {
    entries: root.entries().length,
    rules: judged.map(({ code, title, check }) => ({ code, title, findings: findingsOf(check, root, context) })),
  };
}

function findingsOf(check: Rule['check'], root: RootView, context: RuleContext): readonly Finding[] {
  try {
    return check(root, context);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ path: '', message: `cannot be judged: ${error.message}` }];
  }
}
