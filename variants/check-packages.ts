// Faults in what variants ask of a source: categories and folders where there are none, or nothing at all. Pure.

import type { Fault } from './fault.ts';
import type { Sections } from './sections.ts';

/** Kinds of source that have their packages in categories, and in other folders. */
const withCategories: ReadonlySet<unknown> = new Set(['plamo', 'slackware']);

/** Every such fault. */
export function checkPackages({ source, variants }: Sections): Fault[] {
  const others = source === 'debian' ? debianFaults : plainFaults;
  const judge = withCategories.has(source) ? rootFaults : others;
  return [...variants].flatMap(([name, { path, value }]) => (value === undefined ? [] : judge(name, path, value)));
}

type Variant = NonNullable<Sections['variants'] extends ReadonlyMap<string, { value: infer Value }> ? Value : never>;

function rootFaults(name: string, path: Fault['path'], value: Variant): Fault[] {
  if (value.extends !== undefined || value.categories !== undefined || value.packages.length > 0) return [];
  return [fault(path, `\`${name}\` extends no other variant and therefore needs \`categories\` or \`packages\``)];
}

function plainFaults(_name: string, path: Fault['path'], { categories, packages }: Variant): Fault[] {
  const misplaced: Fault[] =
    categories === undefined
      ? []
      : [{ path: [...path, 'categories'], at: 'value', message: 'categories: the source has no such' }];
  const elsewhere = placed(packages, path).filter(({ name }) => name.includes('/'));
  return [
    ...misplaced,
    ...elsewhere.map(({ at, name }) => fault(at, `\`${name}\`: the source has no folders of packages`)),
  ];
}

/** Debian's policy, section 5.6.7; other families have other names. */
const debianName = /^-?[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?$/;

function debianFaults(name: string, path: Fault['path'], value: Variant): Fault[] {
  const strange = placed(value.packages, path).filter(
    (entry) => !debianName.test(entry.name) && !entry.name.includes('/'),
  );
  return [
    ...plainFaults(name, path, value),
    ...strange.map(({ at }) => fault(at, `${at.join('.')}: expected a package name`)),
  ];
}

const fault = (path: Fault['path'], message: string): Fault => ({ path, at: 'value', message });

/** Names with their places. */
function placed(packages: Variant['packages'], path: Fault['path']) {
  return packages.flatMap((entry, index) =>
    typeof entry === 'string'
      ? [{ at: [...path, 'packages', index], name: entry }]
      : entry.names.map((name, position) => ({ at: [...path, 'packages', index, 'names', position], name })),
  );
}
