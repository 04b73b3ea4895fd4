// Leaves out what was chosen on the way and is not needed in the end: alternatives that were tried in vain leave their own
// dependencies behind. Suggests count as a reason to stay, as they do for apt. Pure.

import type { BinaryPackage, RelationField } from '../package.ts';
import type { Marks } from './marks.ts';

const needs: readonly RelationField[] = ['Pre-Depends', 'Depends'];
const reasons: readonly RelationField[] = [...needs, 'Recommends', 'Suggests'];

/** The chosen packages that can be reached from `roots`, but not by way of `except`. */
export function reachable(
  roots: readonly BinaryPackage[],
  marks: Marks,
  except: readonly BinaryPackage[] = [],
): Set<BinaryPackage> {
  return walk(roots, marks, reasons, new Set(except));
}

/** The chosen packages without which `roots` cannot work. */
export function needed(roots: readonly BinaryPackage[], marks: Marks): Set<BinaryPackage> {
  return walk(roots, marks, needs, new Set());
}

function walk(
  roots: readonly BinaryPackage[],
  marks: Marks,
  fields: readonly RelationField[],
  except: ReadonlySet<BinaryPackage>,
): Set<BinaryPackage> {
  const reached = new Set(roots);
  for (const item of reached) {
    for (const relation of fields.flatMap((field) => item.relations(field).flat())) {
      for (const next of marks.universe.solutions(relation, marks.chosen)) {
        if (!except.has(next)) {
          reached.add(next);
        }
      }
    }
  }
  return reached;
}
