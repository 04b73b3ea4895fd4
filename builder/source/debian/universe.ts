// Every package that the suites offer, by name and by what it provides. Knows which version of a name is the candidate:
// the highest pin first, then the highest version. Pure; decides nothing about what to install.

import { isWithin, type Relation } from './dependency.ts';
import type { BinaryPackage } from './package.ts';
import type { PackagesFile } from './packages.ts';
import { compareVersions } from './version.ts';

/** A package that provides a name, with the version it provides it in when it says one. */
export interface Provider {
  readonly owner: BinaryPackage;
  readonly version: string | undefined;
}

/** Look-up over all suites of one architecture. */
export class Universe {
  readonly architecture: string;
  /** In the order of the suites: what ties are decided by. */
  readonly files: readonly PackagesFile[];
  readonly #byName = new Map<string, BinaryPackage[]>();
  readonly #providers = new Map<string, Provider[]>();
  readonly #candidates = new Map<string, BinaryPackage | undefined>();

  constructor(architecture: string, files: readonly PackagesFile[]) {
    this.architecture = architecture;
    this.files = files;
    for (const file of files) {
      for (const item of file.packages) {
        push(this.#byName, item.name, item);
      }
      for (const owner of file.providers) {
        for (const { name, version } of owner.provides) {
          push(this.#providers, name, { owner, version });
        }
      }
    }
  }

  /** The version of `name` that would be installed, or undefined when there is no such package. */
  candidate(name: string): BinaryPackage | undefined {
    let found = this.#candidates.get(name);
    if (found === undefined && !this.#candidates.has(name)) {
      found = (this.#byName.get(name) ?? [])
        .filter((item) => this.#fits(item))
        .reduce<BinaryPackage | undefined>(better, undefined);
      this.#candidates.set(name, found);
    }
    return found;
  }

  /** Every version of a name. */
  versions(name: string): readonly BinaryPackage[] {
    return this.#byName.get(name) ?? [];
  }

  /** Everything that provides `name`, in the order of the files. */
  providers(name: string): readonly Provider[] {
    return this.#providers.get(name) ?? [];
  }

  names(): IterableIterator<string> {
    return this.#byName.keys();
  }

  /**
   * The packages that satisfy a relation, out of those that `pick` returns for a name: the package of that name first, then
   * the providers in the order of the files.
   */
  solutions(relation: Relation, pick: (name: string) => BinaryPackage | undefined): BinaryPackage[] {
    const found: BinaryPackage[] = [];
    const target = pick(relation.name);
    if (target !== undefined && isWithin(target.version, relation.bound) && this.#qualifies(target, relation)) {
      found.push(target);
    }
    for (const { owner, version } of this.#providersOf(relation)) {
      const satisfies = relation.bound === undefined || (version !== undefined && isWithin(version, relation.bound));
      if (satisfies && pick(owner.name) === owner && !found.includes(owner)) {
        found.push(owner);
      }
    }
    return found;
  }

  /** `name:any` is met by what a package allows (Multi-Arch: allowed) or provides by exactly that name. */
  #providersOf({ name, qualifier }: Relation): readonly Provider[] {
    if (qualifier === undefined || qualifier === this.architecture) {
      return this.providers(name);
    }
    const allowed = this.providers(name).filter(({ owner }) => owner.multiArch === 'allowed');
    return qualifier === 'any'
      ? [...this.providers(`${name}:any`), ...allowed]
      : this.providers(`${name}:${qualifier}`);
  }

  #qualifies(target: BinaryPackage, { qualifier }: Relation): boolean {
    if (qualifier === undefined || qualifier === this.architecture) {
      return true;
    }
    return qualifier === 'any' && target.multiArch === 'allowed';
  }

  #fits({ architecture }: BinaryPackage): boolean {
    return architecture === this.architecture || architecture === 'all';
  }
}

function better(best: BinaryPackage | undefined, next: BinaryPackage): BinaryPackage {
  if (best === undefined) {
    return next;
  }
  const order = next.origin.pin - best.origin.pin || compareVersions(next.version, best.version);
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
