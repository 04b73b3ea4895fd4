// The names of a chain of variants, put together: a later variant may take back what an earlier one asked for, and ask for
// what an earlier one has kept out. Pure.

/** What is asked for and what is kept out; no name is in both. */
export interface NamedPackages {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Each entry is a name or `-name`, in the order of the chain; the last word about a name counts. */
export function namedPackages(entries: readonly string[]): NamedPackages {
  const wanted = new Map<string, boolean>();
  for (const entry of entries) {
    const name = packageOf(entry);
    const include = name === entry;
    // A name keeps its place as long as nobody says the opposite.
    if (wanted.get(name) !== include) {
      wanted.delete(name);
      wanted.set(name, include);
    }
  }
  const having = (value: boolean) => [...wanted].flatMap(([name, include]) => (include === value ? [name] : []));
  return { include: having(true), exclude: having(false) };
}

/** The package that an entry is about. */
export function packageOf(entry: string): string {
  return entry.replace(/^-/, '');
}
