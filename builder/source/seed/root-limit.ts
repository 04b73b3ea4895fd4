// How much an archive of somebody else may become: a few kilobytes can stand for any number of bytes. Pure.

const gibibyte = 2 ** 30;

/**
 * Bytes of tar that an archive of `packed` bytes may hold: a hundred times as much, which no root filesystem comes near, but a gibibyte
 * at least and 64 at most.
 */
export function rootLimit(packed: number): number {
  return Math.min(64 * gibibyte, Math.max(gibibyte, 100 * packed));
}
