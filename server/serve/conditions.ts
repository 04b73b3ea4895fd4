// Conditional requests of RFC 9110, section 13. Pure.

import type { IncomingHttpHeaders } from 'node:http';

/** What is known of the file now. `modified` has whole seconds. */
export interface Validators {
  /** With quotes; strong. */
  readonly etag: string;
  readonly modified: Date;
}

/** True when the client's copy is still good: status 304. If-None-Match comes before If-Modified-Since. */
export function isUnchanged(headers: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && modified.getTime() <= since;
}

/** True when a Range may be answered: no If-Range, or one that names the file as it is. */
export function rangeHolds(headers: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  const condition = headers['if-range'];
  if (typeof condition !== 'string') return true;
  return condition === etag || Date.parse(condition) === modified.getTime();
}
