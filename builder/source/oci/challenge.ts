// What a registry asks of whoever comes, and where a token or a login may be sent (RFC 9110, section 11.6.1; RFC 6750, section 3; RFC 7617;
// the token flow of OCI registries). Pure. Refuses to carry them over plain http, but to this machine itself.

/** A challenge of the scheme Bearer: a token is to be got at `realm`. */
export interface BearerChallenge {
  readonly scheme: 'bearer';
  readonly realm: string;
  readonly service?: string;
  readonly scope?: string;
}

/** What a registry wants: a token, or a name and a password. */
export type Challenge = BearerChallenge | { readonly scheme: 'basic' };

/** What a header WWW-Authenticate asks for, a token first; undefined where it names neither, or no realm to get a token at. */
export function readChallenge(header: string): Challenge | undefined {
  let scheme = '';
  let isBasic = false;
  const found = new Map<string, string>();
  // A word that no `=` follows begins another challenge.
  const words = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gs;
  for (const [whole, name = '', quoted, plain] of header.matchAll(words)) {
    const value = quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain;
    if (value === undefined) scheme = whole.trim().toLowerCase();
    else if (scheme === 'bearer' && !found.has(name.toLowerCase())) found.set(name.toLowerCase(), value);
    isBasic ||= scheme === 'basic';
  }
  const [realm, service, scope] = [found.get('realm'), found.get('service'), found.get('scope')];
  if (realm === undefined) return isBasic ? { scheme: 'basic' } : undefined;
  return {
    scheme: 'bearer',
    realm,
    ...(service === undefined ? {} : { service }),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** Where secrets of one registry may go. */
export class PrivateWays {
  readonly #registry: URL;

  constructor(registry: URL) {
    this.#registry = registry;
  }

  /** Where a token is asked for, without a name or password; undefined where that may not be. */
  tokenUrl({ realm, service, scope }: BearerChallenge): URL | undefined {
    if (!URL.canParse(realm)) return undefined;
    const url = new URL(realm);
    if (url.username !== '' || url.password !== '') return undefined;
    if (!this.mayGiveToken(url)) return undefined;
    if (service !== undefined) url.searchParams.set('service', service);
    if (scope !== undefined) url.searchParams.set('scope', scope);
    url.hash = '';
    return url;
  }

  /** Whether a token may come from there, also by a redirect: over https, or on this machine for a registry that is there too. */
  mayGiveToken(url: URL): boolean {
    return url.protocol === 'https:' || (isOnThisMachine(url) && isOnThisMachine(this.#registry));
  }

  /** Whether a token or a login goes with a request to `url`: to the registry itself alone, and by a way that nobody listens to. */
  carriesSecret(url: URL): boolean {
    return url.origin === this.#registry.origin && (url.protocol === 'https:' || isOnThisMachine(url));
  }
}

/** No proxy leads there (fetch/proxy/choose.ts): what goes over plain http is read by nobody else. */
function isOnThisMachine({ protocol, hostname }: URL): boolean {
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
