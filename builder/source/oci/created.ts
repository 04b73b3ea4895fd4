// When an image was made, for the build's own time. Pure.

/**
 * Seconds since 1970 of an RFC 3339 time; undefined for one that is none, lies after `now`, or is the zero that reproducible builds put
 * there.
 */
export function createdTime(created: string | undefined, now: Date): number | undefined {
  if (created === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(created))
    return undefined;
  const milliseconds = Date.parse(created);
  return milliseconds > 0 && milliseconds <= now.getTime() ? Math.floor(milliseconds / 1000) : undefined;
}
