// From a base and a list of names to the packages that have to be installed: what one call of `apt-get install` with all of
// them would install on an empty system. Pure. Refuses unknown names and sets that cannot be installed together.

import { CooperError } from '../../../errors/index.ts';
import { nearMatches } from '../../../variants/index.ts';
import type { PackageBase } from '../../../variants/resolved.ts';
import type { ArchiveIndex } from './indices.ts';
import type { BinaryPackage } from './package.ts';
import { explainFaults } from './resolve/explain.ts';
import { FirstSeen } from './resolve/first-seen.ts';
import { findLoop } from './resolve/loops.ts';
import { Marker } from './resolve/mark.ts';
import { Marks } from './resolve/marks.ts';
import { mendProblems } from './resolve/problems.ts';
import { needed, reachable } from './resolve/sweep.ts';
import { partsOf, type Slot } from './slot.ts';
import type { Universe } from './universe.ts';

/** What is wanted. Names may have an architecture, as in `libc6:i386`. */
export interface PackageRequest {
  readonly base: PackageBase;
  readonly include: readonly string[];
  /** Names that must not be installed, not even as a dependency or as a part of the base. */
  readonly exclude?: readonly string[];
  readonly recommends: boolean;
}

/** What is to be installed. */
export interface PackageSet {
  /** Sorted by name, then by architecture with the native one (and `all`) first. */
  readonly packages: readonly BinaryPackage[];
  /** Essential packages and their dependencies: what must be there before any maintainer script can run. */
  readonly essential: ReadonlySet<BinaryPackage>;
  /** Packages that nobody asked for by name: apt's auto-installed marks. */
  readonly automatic: ReadonlySet<BinaryPackage>;
}

const priorities: Readonly<Record<PackageBase, readonly string[]>> = {
  essential: [],
  required: ['required'],
  important: ['required', 'important'],
  standard: ['required', 'important', 'standard'],
};

/** @throws CooperError `package-unknown`, `dependency-unresolvable`, `dependency-loop`, `package-list-malformed` */
export function resolvePackages(index: ArchiveIndex, request: PackageRequest): PackageSet {
  const { universe } = index;
  const { include, excluded } = findNamed(universe, request);
  const essential = findEssential(index).filter((item) => !excluded.has(item.name));
  const base = findByPriority(index, request.base).filter((item) => !excluded.has(item.name));
  const asked = [...new Set([...essential, ...include, ...base])];

  const marks = new Marks(universe, new FirstSeen(universe), request.recommends);
  const marker = new Marker(marks);
  marker.forbid([...excluded]);
  marker.ask(asked);
  mendProblems(marks, marker);
  const chosen = reachable(asked, marks);
  requireSound(chosen, asked, marks);

  const first = needed(essential, marks);
  const named = new Set([...first, ...asked]);
  return {
    packages: [...chosen].sort((a, b) => (universe.slotOf(a) < universe.slotOf(b) ? -1 : 1)),
    essential: first,
    automatic: new Set([...chosen].filter((item) => !named.has(item))),
  };
}

function requireSound(chosen: ReadonlySet<BinaryPackage>, asked: readonly BinaryPackage[], marks: Marks): void {
  const lines = explainFaults(chosen, asked, marks);
  if (lines.length > 0) {
    const what = 'the wanted packages cannot be installed together';
    throw new CooperError('dependency-unresolvable', { what, lines });
  }
  const loop = findLoop(chosen, marks);
  if (loop !== undefined) {
    const names = loop.map((item) => marks.universe.slotOf(item)).join(' → ');
    throw new CooperError('dependency-loop', {
      what: `each of these has to be configured before the one before it: ${names}`,
    });
  }
}

/** The base system comes from the first suite: its entries decide what is essential, the newest version is installed. */
function findEssential({ universe, suites }: ArchiveIndex): BinaryPackage[] {
  const names = universe.files
    .flatMap((file) => file.having('Essential: yes'))
    .filter((item) => item.origin.suite === suites[0]?.name && isNative(item, universe))
    .map(({ name }) => name);
  return candidates(universe, names);
}

function findByPriority({ universe, suites }: ArchiveIndex, base: PackageBase): BinaryPackage[] {
  const names = universe.files
    .flatMap((file) => priorities[base].flatMap((priority) => file.having(`Priority: ${priority}`)))
    .filter((item) => item.origin.suite === suites[0]?.name && !item.essential && isNative(item, universe))
    .map(({ name }) => name);
  return candidates(universe, names);
}

function isNative({ architecture }: BinaryPackage, universe: Universe): boolean {
  return architecture === 'all' || architecture === universe.architecture;
}

function candidates(universe: Universe, names: readonly string[]): BinaryPackage[] {
  return [...new Set(names)].sort().flatMap((name) => universe.candidate(name) ?? []);
}

/** All unknown names are told at once. */
function findNamed(
  universe: Universe,
  { include, exclude = [] }: PackageRequest,
): { include: BinaryPackage[]; excluded: ReadonlySet<Slot> } {
  const lines: string[] = [];
  const found = [...new Set(include)].flatMap((name) => {
    const item = findNamedOne(name, universe);
    lines.push(...(item === undefined ? [describeUnknown(name, universe)] : []));
    return item ?? [];
  });
  const slots = exclude.map((name) => slotOfName(name, universe));
  const unknown = slots.filter((slot) => universe.versions(slot).length === 0);
  lines.push(...unknown.map((slot) => `${describeUnknown(slot, universe)} (it is excluded)`));
  if (lines.length > 0) {
    const what = lines.length === 1 ? 'the archive lacks a package' : `the archive lacks ${lines.length} packages`;
    throw new CooperError('package-unknown', { what, lines });
  }
  return { include: [...new Set(found)], excluded: new Set(slots) };
}

/** `libc6:amd64` is `libc6` on amd64. */
function slotOfName(name: string, { architecture }: Universe): Slot {
  return name.endsWith(`:${architecture}`) ? name.slice(0, -architecture.length - 1) : name;
}

/** As apt: the native package, else the one of the first architecture that has it, else the only one that provides it. */
function findNamedOne(word: string, universe: Universe): BinaryPackage | undefined {
  const slot = slotOfName(word, universe);
  const isQualified = word.includes(':');
  const slots = isQualified ? [slot] : universe.architectures.map((name, at) => (at === 0 ? slot : `${slot}:${name}`));
  for (const place of slots) {
    const item = universe.candidate(place);
    if (item !== undefined) {
      return item;
    }
  }
  const [only, ...others] = providersOf(slot, universe);
  return others.length === 0 && only !== undefined ? universe.candidate(only) : undefined;
}

function providersOf(slot: Slot, universe: Universe): Slot[] {
  const usable = universe.providers(slot).filter((provider) => universe.candidate(provider.slot) === provider.owner);
  return [...new Set(usable.map((provider) => provider.slot))];
}

function describeUnknown(name: string, universe: Universe): string {
  const parts = partsOf(name);
  if (
    parts.kind !== 'real' ||
    (parts.architecture !== undefined && !universe.architectures.includes(parts.architecture))
  ) {
    return `${name}: the image has packages for ${universe.architectures.join(', ')} only`;
  }
  const providers = providersOf(slotOfName(name, universe), universe);
  if (providers.length > 0) {
    return `${name} is provided by several packages: name one of ${providers.slice(0, 8).join(', ')}`;
  }
  const near = nearMatches(parts.name, universe.names());
  return near.length === 0
    ? `there is no package ${name}`
    : `there is no package ${name}; did you mean ${near.join(' or ')}?`;
}
