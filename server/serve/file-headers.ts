// Content type and caching of a published file, by its path. Pure. What never changes is cached for a year; what a publish
// replaces is asked for again after a minute.

const types: readonly (readonly [RegExp, string])[] = [
  [/^(keys\/|pks\/)/, 'application/pgp-keys'],
  [/\.(asc|gpg|sig)$/, 'application/pgp-signature'],
  [/\.json$/, 'application/json'],
  [/\.xz$/, 'application/x-xz'],
  [/(^(?:[^/]+\/)?meta\/|^cooper\/v1\/catalog$|(?:^|\/)SHA256SUMS$|\.(txt|log)$)/, 'text/plain; charset=utf-8'],
];

/** Value of Content-Type for a path relative to the served root. */
export function contentType(path: string): string {
  return types.find(([pattern]) => pattern.test(path))?.[1] ?? 'application/octet-stream';
}

/** Value of Cache-Control: builds and shards are immutable, but for what others sign later. */
export function cacheControl(path: string): string {
  const immutable = /^((?:[^/]+\/)?images\/(?!.*\/attestations\/)|cooper\/v1\/shards\/)/.test(path);
  return immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=60, must-revalidate';
}
