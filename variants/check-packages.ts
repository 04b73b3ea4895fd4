// Faults in what variants ask of a source: categories and folders where there are none, or nothing at all. Pure.

import type { Fault } from './fault.ts';
import type { Sections } from './sections.ts';

/** Kinds of source that have their packages in categories, and in other folders. */
const withCategories: ReadonlySet<unknown> = new Set(['plamo', 'slackware']);

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
  const elsewhere = entries
    .filter((entry) => entry.name.includes('/'))
    .map(
      ({ at, name }): Fault => ({
        path: at,
        at: 'value',
        message: `\`${name}\`: the source has no folders of packages`,
      }),
    );
  return [...misplaced, ...elsewhere];
}
