// Every package that the suites offer, by name, architecture and what it provides, with apt's rules for Multi-Arch. Knows
// which version is the candidate: the highest pin first, then the highest version. Pure; decides nothing about what to install.

import { isWithin, type Relation } from './dependency.ts';
import type { BinaryPackage } from './package.ts';
import type { PackagesFile } from './packages.ts';
import { partsOf, type Slot, slotFor, targetSlot } from './slot.ts';
import { compareVersions } from './version.ts';

/** A package that provides a slot, with the version it provides it in when it says one. */
export interface Provider {
  readonly owner: BinaryPackage;
  /** Of the owner. */
  readonly slot: Slot;
  readonly version: string | undefined;
  /** Not written in a Provides field: follows from Multi-Arch. */
  readonly implicit: boolean;
}

/** Something that must not be there beside a package. */
export interface Conflict {
  readonly relation: Relation;
  /** Where it may hit: one slot for each architecture unless the relation has a qualifier. */
  readonly slots: readonly Slot[];
  /** Follows from Multi-Arch: two architectures of one package do not go together unless they are the same version of `same`. */
  readonly implicit: boolean;
}

/** Look-up over all suites for one native architecture and its foreign ones. */
export class Universe {
  /** The native architecture. */
  readonly architecture: string;
  /** The native one first. */
  readonly architectures: readonly string[];
  /** In the order of the suites: what ties are decided by. */
  readonly files: readonly PackagesFile[];
  readonly #byName = new Map<string, BinaryPackage[]>();
  /** By the name as a Provides field has it, with its qualifier. */
  readonly #provided = new Map<string, { owner: BinaryPackage; version: string | undefined }[]>();
  readonly #providers = new Map<Slot, readonly Provider[]>();
  readonly #candidates = new Map<Slot, BinaryPackage | undefined>();
  readonly #conflicts = new Map<BinaryPackage, readonly Conflict[]>();

  constructor(architecture: string, files: readonly PackagesFile[], foreign: readonly string[] = []) {
    this.architecture = architecture;
    this.architectures = [architecture, ...foreign.filter((name) => name !== architecture)];
    this.files = files;
    for (const file of files) {
      for (const item of file.packages) {
        push(this.#byName, item.name, item);
      }
      for (const owner of file.providers) {
        for (const { name, version } of owner.provides) {
          push(this.#provided, name, { owner, version });
        }
      }
    }
  }

  /** The version that would be installed, or undefined when there is none or pins forbid all. */
  candidate(slot: Slot): BinaryPackage | undefined {
    let found = this.#candidates.get(slot);
    if (found === undefined && !this.#candidates.has(slot)) {
      found = this.versions(slot)
        .filter(({ pin }) => pin > 0)
        .reduce<BinaryPackage | undefined>(better, undefined);
      this.#candidates.set(slot, found);
    }
    return found;
  }

  /** Every version of a package in the architecture of the slot. */
  versions(slot: Slot): readonly BinaryPackage[] {
    const { name, kind, architecture = this.architecture } = partsOf(slot);
    return kind === 'real' ? this.#versionsIn(name, architecture) : [];
  }

  #versionsIn(name: string, wanted: string): readonly BinaryPackage[] {
    const orAll = wanted === this.architecture ? 'all' : wanted;
    return (this.#byName.get(name) ?? []).filter(
      ({ architecture }) => architecture === wanted || architecture === orAll,
    );
  }

  /** Where a package stands. */
  slotOf({ name, architecture }: BinaryPackage): Slot {
    return slotFor(name, architecture, this.architecture);
  }

  /** What a relation of `owner` points at. */
  target(relation: Relation, { architecture }: BinaryPackage): Slot {
    return targetSlot(relation, architecture === 'all' ? this.architecture : architecture, this.architecture);
  }

  names(): IterableIterator<string> {
    return this.#byName.keys();
  }

  /** The packages out of `pick` that satisfy a relation of `owner`: the one it names first, then providers. */
  solutions(
    relation: Relation,
    owner: BinaryPackage,
    pick: (slot: Slot) => BinaryPackage | undefined,
  ): BinaryPackage[] {
    const slot = this.target(relation, owner);
    const found: BinaryPackage[] = [];
    const target = pick(slot);
    if (target !== undefined && isWithin(target.version, relation.bound)) {
      found.push(target);
    }
    for (const provider of this.providers(slot)) {
      const isPicked = pick(provider.slot) === provider.owner;
      if (isPicked && provides(provider, relation) && !found.includes(provider.owner)) {
        found.push(provider.owner);
      }
    }
    return found;
  }

  /** Conflicts and Breaks of a package, its siblings in other architectures included. */
  conflicts(item: BinaryPackage): readonly Conflict[] {
    let found = this.#conflicts.get(item);
    if (found === undefined) {
      const written = [...item.relations('Conflicts'), ...item.relations('Breaks')].flat();
      found = [...written.map((relation) => this.#writtenConflict(relation, item)), ...this.#siblingConflicts(item)];
      this.#conflicts.set(item, found);
    }
    return found;
  }

  #writtenConflict(relation: Relation, item: BinaryPackage): Conflict {
    const { name, qualifier } = relation;
    const slots =
      qualifier === undefined
        ? this.architectures.map((architecture) => slotFor(name, architecture, this.architecture))
        : [this.target(relation, item)];
    return { relation, slots, implicit: false };
  }

  #siblingConflicts(item: BinaryPackage): Conflict[] {
    const { name } = item;
    const own = this.slotOf(item);
    const siblings = this.architectures
      .map((architecture) => slotFor(name, architecture, this.architecture))
      .filter((slot) => slot !== own && this.versions(slot).length > 0);
    const bound = item.multiArch === 'same' ? { bound: { operator: '!=', version: item.version } as const } : {};
    return siblings.map((slot) => ({ relation: { name, ...bound }, slots: [slot], implicit: true }));
  }

  /** Packages out of `pick` that a conflict of `item` hits: never itself, nor what its own package provides. */
  hits(item: BinaryPackage, conflict: Conflict, pick: (slot: Slot) => BinaryPackage | undefined): BinaryPackage[] {
    const { relation, slots, implicit } = conflict;
    const spared = relation.name === item.name && item.multiArch === 'same' && !implicit;
    const found = new Set<BinaryPackage>();
    for (const slot of slots) {
      const target = pick(slot);
      if (target !== undefined && target !== item && !spared && isWithin(target.version, relation.bound)) {
        found.add(target);
      }
      for (const provider of implicit ? [] : this.providers(slot)) {
        const { owner } = provider;
        if (owner.name !== item.name && pick(provider.slot) === owner && provides(provider, relation)) {
          found.add(owner);
        }
      }
    }
    return [...found];
  }

  /** Everything that provides a slot. */
  providers(slot: Slot): readonly Provider[] {
    let found = this.#providers.get(slot);
    if (found === undefined) {
      found = this.#findProviders(slot);
      this.#providers.set(slot, found);
    }
    return found;
  }

  #findProviders(slot: Slot): Provider[] {
    const { name, kind, architecture = this.architecture } = partsOf(slot);
    const plain = this.#provided.get(name) ?? [];
    const isOf = (owner: BinaryPackage, wanted: string) =>
      owner.architecture === wanted || (owner.architecture === 'all' && wanted === this.architecture);
    if (kind === 'any') {
      const allowed = ({ multiArch }: BinaryPackage) => multiArch === 'allowed';
      return [
        ...this.#written(this.#provided.get(`${name}:any`)),
        ...this.#written(plain.filter(({ owner }) => allowed(owner))),
        ...this.#implied((this.#byName.get(name) ?? []).filter(allowed)),
      ];
    }
    const exact = this.#written(this.#provided.get(`${name}:${architecture}`));
    if (kind === 'exact') {
      const own = plain.filter(({ owner }) => isOf(owner, architecture));
      return [...exact, ...this.#written(own), ...this.#implied(this.#versionsIn(name, architecture))];
    }
    const fitting = plain.filter(({ owner }) => owner.multiArch === 'foreign' || isOf(owner, architecture));
    const siblings =
      this.architectures.length === 1
        ? []
        : (this.#byName.get(name) ?? []).filter((item) => item.multiArch === 'foreign' && !isOf(item, architecture));
    return [...exact, ...this.#written(fitting), ...this.#implied(siblings)];
  }

  #written(found: readonly { owner: BinaryPackage; version: string | undefined }[] = []): Provider[] {
    return found
      .filter(({ owner }) => this.#isUsable(owner))
      .map(({ owner, version }) => ({ owner, version, slot: this.slotOf(owner), implicit: false }));
  }

  #implied(found: readonly BinaryPackage[]): Provider[] {
    return found
      .filter((owner) => this.#isUsable(owner))
      .map((owner) => ({ owner, version: owner.version, slot: this.slotOf(owner), implicit: true }));
  }

  #isUsable({ architecture }: BinaryPackage): boolean {
    return architecture === 'all' || this.architectures.includes(architecture);
  }
}

/** Whether a provider satisfies the bound: one that says no version satisfies only what asks for none. */
function provides({ version }: Provider, { bound }: Relation): boolean {
  return bound === undefined || (version !== undefined && isWithin(version, bound));
}

function better(best: BinaryPackage | undefined, next: BinaryPackage): BinaryPackage {
  if (best === undefined) {
    return next;
  }
  const order = next.pin - best.pin || compareVersions(next.version, best.version);
  return order > 0 ? next : best;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) {
    map.set(key, [value]);
  } else {
    list.push(value);
  }
}
