// Leaves out what was chosen on the way and is not needed in the end: alternatives that were tried in vain leave their own
// dependencies behind. Recommends and Suggests count as a reason to stay, as they do for apt. Pure.

import type { Relation } from '../dependency.ts';
import type { BinaryPackage, RelationField } from '../package.ts';
import { compareVersions } from '../version.ts';
import type { Marks } from './marks.ts';

const needs: readonly RelationField[] = ['Pre-Depends', 'Depends'];
const reasons: readonly RelationField[] = [...needs, 'Recommends', 'Suggests'];

/** The chosen packages that can be reached from `roots`. Essential ones and the like are roots besides. */
export function reachable(roots: readonly BinaryPackage[], marks: Marks): Set<BinaryPackage> {
  const own = marks.all().filter((item) => item.essential || item.protectedByDpkg);
  return saveSuperseded(walk([...roots, ...own], marks, reasons), marks);
}

/**
 * As soon as anything that stays lacks something, apt takes back what it was about to leave out although something that stays
 * names it: what `newestOfEachSource` has passed over.
 */
function saveSuperseded(kept: Set<BinaryPackage>, marks: Marks): Set<BinaryPackage> {
  if (![...kept].some((item) => marks.isBroken(item) || marks.lacksRecommended(item))) return kept;
  const fields = marks.recommends ? [...needs, 'Recommends' as const] : needs;
  // What is saved may itself name others.
  for (const item of kept) {
    for (const relation of fields.flatMap((field) => item.relations(field).flat())) {
      for (const next of marks.universe.solutions(relation, item, marks.chosen)) kept.add(next);
    }
  }
  return kept;
}

/** The chosen packages without which `roots` cannot work; with Recommends when those count. */
export function needed(roots: readonly BinaryPackage[], marks: Marks): Set<BinaryPackage> {
  return walk(roots, marks, marks.recommends ? [...needs, 'Recommends'] : needs);
}

function walk(roots: readonly BinaryPackage[], marks: Marks, fields: readonly RelationField[]): Set<BinaryPackage> {
  const reached = new Set(roots);
  for (const item of reached) {
    for (const relation of fields.flatMap((field) => item.relations(field).flat())) {
      for (const next of newestOfEachSource(relation, item, marks)) {
        reached.add(next);
      }
    }
  }
  return reached;
}

/** Of several packages from one source that satisfy a relation only those of its newest version count. */
function newestOfEachSource(relation: Relation, owner: BinaryPackage, marks: Marks): BinaryPackage[] {
  const found = marks.universe.solutions(relation, owner, marks.chosen);
  if (found.length < 2) {
    return found;
  }
  const isOlder = (one: BinaryPackage, other: BinaryPackage) =>
    one.source.name === other.source.name && compareVersions(one.source.version, other.source.version) < 0;
  return found.filter((item) => !found.some((other) => isOlder(item, other)));
}
