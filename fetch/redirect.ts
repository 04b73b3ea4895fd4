// Where a redirect may lead: http or https, never from https to http, at most five times. Pure.

import { CooperError } from '../errors/index.ts';

/** Hops after which a redirect is taken for a loop. */
export const maxRedirects = 5;

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** An address that a server has redirected to, for people: its query may be what lets somebody in. */
export function shownTarget({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/**
 * The URL to go on with, or undefined when the answer is no redirect. `hops` counts those already followed.
 * @throws CooperError `insecure-redirect`, `server-unreachable` for a loop or a location that is no URL
 */
export function followRedirect(from: URL, status: number, location: string | undefined, hops: number): URL | undefined {
  if (!statuses.has(status) || location === undefined) {
    return undefined;
  }
  if (hops >= maxRedirects) {
    throw new CooperError('server-unreachable', {
      what: `${shownTarget(from)} was redirected more than ${maxRedirects} times`,
    });
  }
  if (!URL.canParse(location, from.href)) {
    throw new CooperError('server-unreachable', {
      what: `${shownTarget(from)} is redirected to something that is no URL`,
    });
  }
  const target = new URL(location, from);
  const allowed = target.protocol === 'https:' || (target.protocol === 'http:' && from.protocol === 'http:');
  if (!allowed) {
    const what = `${shownTarget(from)} is redirected from ${from.protocol}// to ${target.protocol}//`;
    throw new CooperError('insecure-redirect', { what });
  }
  return target;
}
