// How a registry asks for a token, and where one may be sent (RFC 9110, section 11.6.1; RFC 6750, section 3; the token flow of OCI
// registries). Pure. Refuses to carry tokens over plain http, but to this machine itself.

/** A challenge of the scheme Bearer. */
export interface BearerChallenge {
  readonly realm: string;
  readonly service?: string;
  readonly scope?: string;
}

/** The Bearer challenge among those of a header WWW-Authenticate; undefined where there is none, or one without a realm. */
export function bearerChallenge(header: string): BearerChallenge | undefined {
  let scheme = '';
  const found = new Map<string, string>();
  // A word that no `=` follows begins another challenge.
  const words = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gs;
  for (const [whole, name = '', quoted, plain] of header.matchAll(words)) {
    const value = quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain;
    if (value === undefined) scheme = whole.trim().toLowerCase();
    else if (scheme === 'bearer' && !found.has(name.toLowerCase())) found.set(name.toLowerCase(), value);
  }
  const [realm, service, scope] = [found.get('realm'), found.get('service'), found.get('scope')];
  if (realm === undefined) return undefined;
  return { realm, ...(service === undefined ? {} : { service }), ...(scope === undefined ? {} : { scope }) };
}

/**
 * Where a token is asked for, without a name or password; undefined where that may not be: anywhere but over https, or on this machine by
 * a registry that is there too.
 */
export function tokenUrl({ realm, service, scope }: BearerChallenge, registry: URL): URL | undefined {
  if (!URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  if (url.username !== '' || url.password !== '') return undefined;
  if (!mayGiveToken(url, registry)) return undefined;
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== undefined) url.searchParams.set('scope', scope);
  url.hash = '';
  return url;
}

/** Whether a token for `registry` may come from there, also by a redirect. */
export function mayGiveToken(url: URL, registry: URL): boolean {
  return url.protocol === 'https:' || (isOnThisMachine(url) && isOnThisMachine(registry));
}

/** Whether the token for `registry` goes with a request to `url`: to the registry itself alone, and by a way that nobody listens to. */
export function carriesToken(url: URL, registry: URL): boolean {
  return url.origin === registry.origin && (url.protocol === 'https:' || isOnThisMachine(url));
}

function isOnThisMachine({ protocol, hostname }: URL): boolean {
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
