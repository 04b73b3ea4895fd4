// Faults that need more than one place of a definition: references, chains, duplicates, names. Pure.

import { checkPackages } from './check-packages.ts';
import { variantChain } from './condition.ts';
import type { Fault } from './fault.ts';
import { didYouMean } from './near.ts';
import { packageOf } from './packages.ts';
import type { Part, Sections } from './sections.ts';

/** Every such fault. `folder` is the name of the folder the definition is in: it has to be the distribution's. */
export function checkSections(sections: Sections, folder: string): Fault[] {
  return [
    ...checkName(sections, folder),
    ...checkChains(sections),
    ...sections.conditions.flatMap((condition) => checkCondition(condition, sections)),
    ...checkReleases(sections),
    ...checkMirrors(sections),
    ...checkForeign(sections),
    ...checkPackages(sections),
    ...checkDuplicates(sections),
  ];
}

const fault = (path: Fault['path'], message: string): Fault => ({ path, at: 'value', message });

function checkName({ name }: Sections, folder: string): Fault[] {
  if (name === undefined || name === folder) return [];
  return [fault(['name'], `name: \`${name}\` is in a folder called \`${folder}\``)];
}

type VariantValue = NonNullable<Sections['variants'] extends ReadonlyMap<string, Part<infer Value>> ? Value : never>;

/** Variants by name, without their places. */
function variantLinks({ variants }: Sections): Readonly<Record<string, VariantValue | undefined>> {
  return Object.fromEntries([...variants].map(([name, part]) => [name, part.value]));
}

function checkChains(sections: Sections): Fault[] {
  const links = variantLinks(sections);
  return [...sections.variants].flatMap(([name, { path, value }]) => {
    if (value === undefined) return [];
    const parent = value.extends;
    const [root = name] = variantChain(links, name);
    if (parent !== undefined && !sections.variants.has(parent)) {
      const near = didYouMean(parent, sections.variants.keys());
      return [fault([...path, 'extends'], `\`${name}\` extends \`${parent}\`, which is not a variant here${near}`)];
    }
    if (parent !== undefined && isCyclic(links, name)) {
      return [fault([...path, 'extends'], `\`${name}\` extends itself: ${cycleText(links, name)}`)];
    }
    if (sections.source === 'debian' && root === name && parent === undefined && value.base === undefined) {
      return [fault(path, `\`${name}\` extends no other variant and therefore needs \`base\``)];
    }
    return [];
  });
}

function isCyclic(links: ReturnType<typeof variantLinks>, name: string): boolean {
  const [root] = variantChain(links, name);
  return root !== undefined && links[root]?.extends === name;
}

function cycleText(links: ReturnType<typeof variantLinks>, name: string): string {
  return [...variantChain(links, name).reverse(), name].join(' → ');
}

function checkCondition({ path, value }: Part<Sections['conditions'][number]['value']>, sections: Sections): Fault[] {
  const known = {
    releases: [...sections.releases.keys()],
    architectures: sections.architectures,
    variants: [...sections.variants.keys()],
  } as const;
  const kinds = ['releases', 'architectures', 'variants'] as const;
  const faults = kinds.flatMap((kind) =>
    (value[kind] ?? []).flatMap((name, index) =>
      known[kind].includes(name)
        ? []
        : [fault([...path, kind, index], `\`${name}\` is not among the ${kind} here${didYouMean(name, known[kind])}`)],
    ),
  );
  const empty = kinds.every((kind) => value[kind] === undefined);
  return empty ? [fault(path, 'when: name releases, architectures or variants')] : faults;
}

function checkReleases(sections: Sections): Fault[] {
  return [...sections.releases].flatMap(([, { path, value }]) => [
    ...(value?.architectures ?? []).flatMap((name, index) =>
      sections.architectures.includes(name)
        ? []
        : [
            fault(
              [...path, 'architectures', index],
              `\`${name}\` is not among the architectures here${didYouMean(name, sections.architectures)}`,
            ),
          ],
    ),
    ...duplicates(
      (value?.suites ?? []).map((suite, index) => ({ path: [...path, 'suites', index], value: suite.name })),
      'suite',
    ),
  ]);
}

function checkMirrors({ mirrored, architectures }: Sections): Fault[] {
  return mirrored
    .filter((name) => !architectures.includes(name))
    .map((name) =>
      fault(
        ['source', 'mirrors', 'byArchitecture', name],
        `\`${name}\` is not among the architectures here${didYouMean(name, architectures)}`,
      ),
    );
}

/** A package of another architecture needs that architecture beside one of the definition's own. */
function checkForeign(sections: Sections): Fault[] {
  const natives = [...sections.foreign].flatMap(([name]) =>
    sections.architectures.includes(name)
      ? []
      : [
          fault(
            ['foreignArchitectures', name],
            `\`${name}\` is not among the architectures here${didYouMean(name, sections.architectures)}`,
          ),
        ],
  );
  const known = new Set([...sections.architectures, ...[...sections.foreign.values()].flat()]);
  const packages = [...sections.variants.values()].flatMap(({ path, value }) =>
    namesWithPlaces(value?.packages ?? [], [...path, 'packages']),
  );
  return [
    ...natives,
    ...packages.flatMap(({ path, value }) => {
      const [, architecture] = value.split(':');
      return architecture === undefined || known.has(architecture)
        ? []
        : [
            fault(
              path,
              `\`${architecture}\` of \`${value}\` is not among foreignArchitectures${didYouMean(architecture, [...known])}`,
            ),
          ];
    }),
  ];
}

function namesWithPlaces(entries: VariantValue['packages'], path: Fault['path']): Part<string>[] {
  return entries.flatMap((entry, index) =>
    typeof entry === 'string'
      ? [{ path: [...path, index], value: entry }]
      : entry.names.map((value, position) => ({ path: [...path, index, 'names', position], value })),
  );
}

function checkDuplicates(sections: Sections): Fault[] {
  return [
    ...duplicates(
      places(sections.actions, (action) => action.name),
      'action',
    ),
    ...duplicates(
      places(sections.devices, (device) => device.path.replace(/^\//, '')),
      'device',
    ),
    ...duplicates(
      sections.architectures.map((value, index) => ({ path: ['architectures', index], value })),
      'architecture',
    ),
    ...[...sections.variants.values()].flatMap(({ path, value }) =>
      duplicates(plainPackages(value?.packages ?? [], [...path, 'packages']), 'package'),
    ),
  ];
}

const places = <Value>(parts: readonly Part<Value>[], nameOf: (value: Value) => string): Part<string>[] =>
  parts.map(({ path, value }) => ({ path, value: nameOf(value) }));

const plainPackages = (entries: VariantValue['packages'], path: Fault['path']): Part<string>[] =>
  entries.flatMap((value, index) =>
    typeof value === 'string' ? [{ path: [...path, index], value: packageOf(value) }] : [],
  );

function duplicates(parts: readonly Part<string>[], kind: string): Fault[] {
  const seen = new Set<string>();
  return parts.flatMap(({ path, value }) => {
    if (seen.has(value)) return [fault(path, `the ${kind} \`${value}\` is named twice`)];
    seen.add(value);
    return [];
  });
}
