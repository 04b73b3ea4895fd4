// Faults in what variants ask of a source: names that it cannot have, categories where there are none. Pure.

import type { Fault } from './fault.ts';
import { packageOf } from './packages.ts';
import type { Sections } from './sections.ts';

/** Kinds of source that have their packages in categories, and in other folders. */
const withCategories: ReadonlySet<unknown> = new Set(['plamo', 'slackware']);

const debianName = /^[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?$/;

/** Every such fault. */
export function checkPackages({ source, variants }: Sections): Fault[] {
  const judge = withCategories.has(source) ? rootFaults : plainFaults;
  return [...variants].flatMap(([name, { path, value }]) => (value === undefined ? [] : judge(name, path, value)));
}

type Variant = NonNullable<Sections['variants'] extends ReadonlyMap<string, { value: infer Value }> ? Value : never>;

function rootFaults(name: string, path: Fault['path'], value: Variant): Fault[] {
  if (value.extends !== undefined || value.categories !== undefined || value.packages.length > 0) return [];
  return [
    {
      path,
      at: 'value',
      message: `\`${name}\` extends no other variant and therefore needs \`categories\` or \`packages\``,
    },
  ];
}

function plainFaults(_name: string, path: Fault['path'], { categories, packages }: Variant): Fault[] {
  const misplaced: Fault[] =
    categories === undefined
      ? []
      : [{ path: [...path, 'categories'], at: 'value', message: 'categories: the source has no such' }];
  const entries = packages.flatMap((entry, index) =>
    typeof entry === 'string'
      ? [{ at: [...path, 'packages', index], name: entry }]
      : entry.names.map((each, position) => ({ at: [...path, 'packages', index, 'names', position], name: each })),
  );
  const unknown = entries.filter((entry) => !debianName.test(packageOf(entry.name)));
  const expected = unknown.map(
    ({ at }): Fault => ({ path: at, at: 'value', message: `${at.join('.')}: expected a package name` }),
  );
  return [...misplaced, ...expected];
}
