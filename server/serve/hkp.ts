// The part of HKP that gpg and dirmngr need to fetch the publisher's key (docs/PROTOCOLS.md, section 1). Pure.

/** What a lookup asks for. */
export type HkpLookup =
  | { readonly kind: 'get'; readonly search: string }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'faulty' };

/** Reads the query of /pks/lookup. `search` comes back in upper case without 0x: 16 or 40 hexadecimal digits. */
export function hkpLookup(query: URLSearchParams): HkpLookup {
  if (query.get('op') !== 'get') return { kind: query.has('op') ? 'unsupported' : 'faulty' };
  const search = /^0x([0-9a-f]{16}|[0-9a-f]{40})$/i.exec(query.get('search') ?? '')?.[1];
  return search === undefined ? { kind: 'faulty' } : { kind: 'get', search: search.toUpperCase() };
}

/** True when one of the fingerprints (40 digits; primary key and subkeys) is meant by `search`. */
export function hkpMatches(search: string, fingerprints: readonly string[]): boolean {
  return fingerprints.some((fingerprint) =>
    search.length === 40 ? fingerprint === search : fingerprint.endsWith(search),
  );
}
