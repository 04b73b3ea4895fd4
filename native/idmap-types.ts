// Id maps of user namespaces: ranges of ids as the kernel's uid_map has them (user_namespaces(7)).

/** `count` ids from `inside` (in the namespace) are `outside` (in the namespace of the caller). */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** A whole map; ranges neither overlap nor are empty. */
export interface IdMap {
  readonly uid: readonly IdRange[];
  readonly gid: readonly IdRange[];
}

/** The last id that there is; the one after it means none. */
export const largestId = 0xffff_fffe;
