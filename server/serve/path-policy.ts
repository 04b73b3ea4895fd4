// Which path of the tree a request may mean. Pure; the one place that decides about `..`, dots, escapes and doubled slashes.
// What is refused here never reaches the file system.

/** A path relative to the served root, '' for the root itself; or why there is none. */
export type RequestPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'refused'; readonly status: 400 | 404 };

const refused = (status: 400 | 404): RequestPath => ({ kind: 'refused', status });

/**
 * Reads the path of a request target (`/a//b%3Ac?query` or `http://host/a`). Slashes collapse, since the stock client doubles
 * them; escapes are decoded once and may not make a slash; names that begin with a dot, `..` among them, do not exist.
 */
export function requestPath(target: string): RequestPath {
  const raw = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  if (!raw.startsWith('/') && raw !== '') return refused(400);
  const names: string[] = [];
  for (const part of raw.split('/').filter((part) => part !== '')) {
    const name = decode(part);
    if (name === undefined) return refused(400);
    if (name.startsWith('.')) return refused(404);
    names.push(name);
  }
  if (raw.endsWith('/') && names.length > 0) return refused(404);
  return { kind: 'path', path: names.join('/') };
}

function decode(part: string): string | undefined {
  try {
    const name = decodeURIComponent(part);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return /[\u0000-\u001f\u007f/\\]/.test(name) ? undefined : name;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
