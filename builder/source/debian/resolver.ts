// From a base and a list of names to the packages that have to be installed: what `mmdebstrap --include` would install, in
// its two passes (essential packages, then the rest). Pure. Refuses unknown names and sets that cannot be installed together.
//
// One difference is on purpose: the first pass knows the included names, so that `usr-is-merged` satisfies
// `usrmerge | usr-is-merged` as it does for one `apt-get install` of everything.

import { CooperError } from '../../../errors/index.ts';
import { nearMatches } from '../../../variants/index.ts';
import type { PackageBase } from '../../../variants/resolved.ts';
import type { ArchiveIndex } from './indices.ts';
import type { BinaryPackage } from './package.ts';
import { explainFaults } from './resolve/explain.ts';
import { FirstSeen } from './resolve/first-seen.ts';
import { Marker } from './resolve/mark.ts';
import { Marks } from './resolve/marks.ts';

import { needed, reachable } from './resolve/sweep.ts';
import type { Universe } from './universe.ts';

/** What is wanted. */
export interface PackageRequest {
  readonly base: PackageBase;
  readonly include: readonly string[];
  /** Names that must not be installed, not even as a dependency. */
  readonly exclude?: readonly string[];
  readonly recommends: boolean;
}

/** What is to be installed. */
export interface PackageSet {
  /** Sorted by name. */
  readonly packages: readonly BinaryPackage[];
  /** Packages of the first pass: what must be there before any maintainer script can run. */
  readonly essential: ReadonlySet<string>;
  /** Packages that nobody asked for by name: apt's auto-installed marks. */
  readonly automatic: ReadonlySet<string>;
}

const priorities: Readonly<Record<PackageBase, readonly string[]>> = {
  essential: [],
  required: ['required'],
  important: ['required', 'important'],
  standard: ['required', 'important', 'standard'],
};

/** @throws CooperError `package-unknown`, `dependency-unresolvable`, `package-list-malformed` */
export function resolvePackages(index: ArchiveIndex, request: PackageRequest): PackageSet {
  const { universe } = index;
  const include = findIncludes(universe, request.include);
  const essential = findEssential(index);
  const firstSeen = new FirstSeen(universe);
  const base = chooseBase(new Marks(universe, [], firstSeen), essential, include, request);

  const second = new Marks(universe, base, firstSeen);
  forbid(second, request.exclude);
  const asked = [...include, ...findByPriority(index, request.base)];
  new Marker(second, request.recommends).ask(asked);
  const chosen = reachable([...base, ...asked], second);
  requireSound(chosen, [...asked, ...essential], second);

  const packages = [...chosen].sort((a, b) => (a.name < b.name ? -1 : 1));
  const named = new Set([...base, ...asked].map(({ name }) => name));
  return {
    packages,
    essential: new Set([...base].map(({ name }) => name)),
    automatic: new Set(packages.map(({ name }) => name).filter((name) => !named.has(name))),
  };
}

/**
 * The first pass. Included packages are only claimed: those that the base needs belong to it, the others come with all of
 * their dependencies in the second pass.
 */
function chooseBase(
  marks: Marks,
  essential: readonly BinaryPackage[],
  include: readonly BinaryPackage[],
  { exclude, recommends }: PackageRequest,
): Set<BinaryPackage> {
  forbid(marks, exclude);
  const marker = new Marker(marks, recommends);
  marker.claim(include);
  marker.ask(essential);
  const withNeeds = needed(essential, marks);
  marker.ask(include.filter((item) => withNeeds.has(item)));
  return reachable(
    essential,
    marks,
    include.filter((item) => !withNeeds.has(item)),
  );
}

function forbid(marks: Marks, names: readonly string[] = []): void {
  for (const name of names) {
    const mark = marks.of(name);
    mark.candidate = undefined;
    mark.protected = true;
  }
}

function requireSound(chosen: ReadonlySet<BinaryPackage>, asked: readonly BinaryPackage[], marks: Marks): void {
  const lines = explainFaults(chosen, asked, marks);
  if (lines.length > 0) {
    const what = 'the wanted packages cannot be installed together';
    throw new CooperError('dependency-unresolvable', { what, lines });
  }
}

/** The base system comes from the first suite: its entries decide what is essential, the newest version is installed. */
function findEssential({ universe, suites }: ArchiveIndex): BinaryPackage[] {
  const names = universe.files
    .flatMap((file) => file.having('Essential: yes'))
    .filter(({ origin }) => origin.suite === suites[0]?.name)
    .map(({ name }) => name);
  return candidates(universe, names);
}

function findByPriority({ universe, suites }: ArchiveIndex, base: PackageBase): BinaryPackage[] {
  const names = universe.files
    .flatMap((file) => priorities[base].flatMap((priority) => file.having(`Priority: ${priority}`)))
    .filter(({ origin, essential }) => origin.suite === suites[0]?.name && !essential)
    .map(({ name }) => name);
  return candidates(universe, names);
}

function candidates(universe: Universe, names: readonly string[]): BinaryPackage[] {
  return [...new Set(names)].sort().flatMap((name) => universe.candidate(name) ?? []);
}

function findIncludes(universe: Universe, names: readonly string[]): BinaryPackage[] {
  const found: BinaryPackage[] = [];
  const lines: string[] = [];
  for (const name of new Set(names)) {
    const providers = [...new Set(universe.providers(name).map(({ owner }) => owner.name))];
    const item =
      universe.candidate(name) ?? (providers.length === 1 ? universe.candidate(providers[0] ?? '') : undefined);
    if (item === undefined) {
      lines.push(describeUnknown(name, providers, universe));
    } else {
      found.push(item);
    }
  }
  if (lines.length > 0) {
    const what = lines.length === 1 ? 'the archive lacks a package' : `the archive lacks ${lines.length} packages`;
    throw new CooperError('package-unknown', { what, lines });
  }
  return [...new Set(found)];
}

function describeUnknown(name: string, providers: readonly string[], universe: Universe): string {
  if (providers.length > 0) {
    return `${name} is provided by several packages: name one of ${providers.slice(0, 8).join(', ')}`;
  }
  const near = nearMatches(name, universe.names());
  return near.length === 0
    ? `there is no package ${name}`
    : `there is no package ${name}; did you mean ${near.join(' or ')}?`;
}
