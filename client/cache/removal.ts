// Which images leave the cache: those that nobody has used for long, and, where all that is there is too much, those used longest ago.
// Pure.

/** What the cache may keep. */
export interface CacheLimits {
  /** Milliseconds without use after which an image goes. */
  readonly expiry: number;
  /** Bytes of all images together. */
  readonly size: number;
}

const day = 24 * 3600 * 1000;

/** What holds where cooper.yaml says nothing: ten days, as in LXD (images.remote_cache_expiry), and 10 GB. */
export const usualLimits: CacheLimits = { expiry: 10 * day, size: 10e9 };

/** What is known of something that is kept. */
export interface Aged {
  readonly bytes: number;
  /** When it was last used: milliseconds since 1970. A time to come counts as now. */
  readonly used: number;
}

/**
 * What has to go, longest unused first. What was used last stays as long as it fits at all.
 */
export function chooseRemovals<T extends Aged>(kept: readonly T[], { expiry, size }: CacheLimits, now: number): T[] {
  const byUse = kept.toSorted((one, other) => one.used - other.used);
  let left = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  return byUse.filter(({ bytes, used }) => {
    const goes = now - used > expiry || left > size;
    if (goes) left -= bytes;
    return goes;
  });
}
