// What differs between the packages of two builds. Pure.

/** A package as packages.json has it, as far as it matters here. */
export interface ListedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** A package that only one build has, or both in different versions. */
export interface PackageChange {
  /** `name`, with `:arch` where a build has the package for several architectures. */
  readonly name: string;
  readonly before?: string;
  readonly now?: string;
}

/** Changes in the order of names; equal packages are left out. */
export function packageChanges(before: readonly ListedPackage[], now: readonly ListedPackage[]): PackageChange[] {
  const several = namesOfSeveral([before, now]);
  const keyOf = ({ name, architecture }: ListedPackage): string =>
    several.has(name) ? `${name}:${architecture}` : name;
  const old = new Map(before.map((item) => [keyOf(item), item.version]));
  const present = new Map(now.map((item) => [keyOf(item), item.version]));
  return [...new Set([...old.keys(), ...present.keys()])].sort().flatMap((name): PackageChange[] => {
    const was = old.get(name);
    const is = present.get(name);
    if (was === is) return [];
    return [{ name, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { now: is }) }];
  });
}

/** `2 changed, 1 added, 3 removed`, or `no change`. */
export function countChanges(changes: readonly PackageChange[]): string {
  const added = changes.filter(({ before }) => before === undefined).length;
  const removed = changes.filter(({ now }) => now === undefined).length;
  const counts = [
    [changes.length - added - removed, 'changed'],
    [added, 'added'],
    [removed, 'removed'],
  ] as const;
  return (
    counts
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${count} ${what}`)
      .join(', ') || 'no change'
  );
}

function namesOfSeveral(lists: readonly (readonly ListedPackage[])[]): ReadonlySet<string> {
  return new Set(
    lists.flatMap((list) => {
      const seen = new Set<string>();
      return list.filter(({ name }) => seen.size === seen.add(name).size).map(({ name }) => name);
    }),
  );
}
