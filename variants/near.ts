// Near matches for mistyped names. Pure; refuses to guess when nothing is close.

/** Number of insertions, deletions, replacements and swaps of neighbours that turn `from` into `to` (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}

/** The candidates close to `word`, nearest first, at most `count`; ties keep the order given. Capitals do not count. */
export function nearMatches(word: string, candidates: Iterable<string>, count = 3): string[] {
  const wanted = word.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const close = (name: string) => {
    const other = name.toLowerCase();
    const prefix = wanted.length >= 3 && (other.startsWith(wanted) || wanted.startsWith(other));
    const distance = editDistance(wanted, other);
    return prefix ? Math.min(distance, 1) : distance;
  };
  return [...new Set(candidates)]
    .map((name) => ({ name, distance: close(name) }))
    .filter((match) => match.distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map((match) => match.name);
}

/** A clause to be appended to a message: `; did you mean a or b?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const matches = nearMatches(word, candidates);
  return matches.length === 0 ? '' : `; did you mean ${matches.map((name) => `\`${name}\``).join(' or ')}?`;
}
