// Waivers: findings that a definition answers for. Pure. A waiver covers breaches only; notes need none.

import { shownPath } from './root-view.ts';
import type { Finding } from './rule.ts';

/** As the definition has it (variants/resolved.ts). */
export interface Waiver {
  readonly rule: string;
  readonly reason: string;
  /** Patterns of absolute paths: `*` within a name, `**` across names. None: every finding of the rule. */
  readonly paths: readonly string[];
}

/** A finding with the reason why it is accepted. */
export interface WaivedFinding extends Finding {
  readonly reason: string;
}

/** The first waiver that covers the finding of a rule. */
export function waiverFor(rule: string, finding: Finding, waivers: readonly Waiver[]): Waiver | undefined {
  return waivers.find((waiver) => waiver.rule === rule && covers(waiver, finding));
}

function covers({ paths }: Waiver, { path }: Finding): boolean {
  return paths.length === 0 || paths.some((pattern) => patternOf(pattern).test(shownPath(path)));
}

function patternOf(pattern: string): RegExp {
  const parts = pattern.split(/(\*+)/).map((part) => {
    if (part === '*') return '[^/]*';
    return part.startsWith('**') ? '.*' : part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 'su');
}
