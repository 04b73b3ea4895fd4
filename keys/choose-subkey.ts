// Which subkey signs: the newest that may. Pure.

/** What the choice is made by. */
interface Candidate {
  readonly created: Date;
  /** May sign now. */
  readonly valid: boolean;
}

/** The newest valid one, of those made in the same second the last; undefined when none is valid. */
export function newestValid<T extends Candidate>(subkeys: readonly T[]): T | undefined {
  return subkeys
    .filter(({ valid }) => valid)
    .reduce<T | undefined>(
      (best, next) => (best === undefined || next.created >= best.created ? next : best),
      undefined,
    );
}
