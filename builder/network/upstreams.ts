// Which upstream a request inside means, and where it is fetched from outside. Pure: it decides by the text of the request
// alone. Refuses everything that is not plainly below a listed upstream.

/** One upstream of the definition. `base` is where it is fetched from: its own address, or the mirror chosen for it. */
export interface Upstream {
  readonly name: string;
  readonly url: string;
  readonly base: string;
  /** Allowed to be at an address of this machine or its network. */
  readonly inner: boolean;
}

/** What is asked for: `path` is relative to the upstream, as sent, with its query. */
export interface Wanted {
  readonly upstream: Upstream;
  readonly path: string;
}

/** Why a request is not passed on; the status and the words go to the program inside. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

const refusal = (status: number, reason: string): Refusal => ({ status, reason });

/**
 * Judges the target of a request to a proxy, in absolute form (RFC 9112, section 3.2.2). Inside, every upstream is `http://`,
 * with its own port when it names one.
 */
export function findUpstream(method: string, target: string, upstreams: readonly Upstream[]): Wanted | Refusal {
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, `${method} is not passed on: only GET and HEAD are`);
  if (!/^http:\/\//i.test(target) || !URL.canParse(target)) {
    return refusal(400, 'this is a proxy: ask for an address that begins with http://');
  }
  const url = new URL(target);
  if (url.username !== '' || url.password !== '') return refusal(400, 'an address with a password is not passed on');
  if (hasDotSegments(url.pathname)) return refusal(400, 'a path with .. in it is not passed on');
  for (const upstream of upstreams) {
    const path = pathBelow(url, new URL(upstream.url));
    if (path !== undefined) return { upstream, path };
  }
  const listed = upstreams.map((upstream) => upstream.url).join(', ');
  return refusal(403, `${url.host}${url.pathname} is not below an upstream of the definition (${listed})`);
}

/** Where a wanted thing is outside. */
export function addressOf({ upstream, path }: Wanted): URL {
  return new URL(`${upstream.base.replace(/\/+$/, '')}/${path}`);
}

/** Whether a redirect may lead to `to`: below one of the upstreams, by either name of it. */
export function isListed(to: URL, upstreams: readonly Upstream[]): Upstream | undefined {
  if (hasDotSegments(to.pathname)) return undefined;
  return upstreams.find(({ url, base }) =>
    [url, base].some((address) => {
      const known = new URL(address);
      return known.protocol === to.protocol && pathBelow(to, known) !== undefined;
    }),
  );
}

// The parser has resolved plain ones; what is left are those that a server may decode once more.
function hasDotSegments(path: string): boolean {
  return /(?:^|[/\\])\.{1,2}(?:[/\\]|$)/.test(
    path.replace(/%(2e|2f|5c)/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
  );
}

/** The rest of the path when host and port are the same; both name their scheme's own port by leaving it out. */
function pathBelow(url: URL, upstream: URL): string | undefined {
  if (url.hostname !== upstream.hostname || url.port !== upstream.port) return undefined;
  const prefix = `${upstream.pathname.replace(/\/+$/, '')}/`;
  if (!`${url.pathname}/`.startsWith(prefix)) return undefined;
  return `${url.pathname.slice(prefix.length)}${url.search}`;
}
