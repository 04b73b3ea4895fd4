// The names in a folder of a web server, out of the page that the server makes of it (Apache's mod_autoindex, nginx's autoindex and the
// like). Believes links alone: names are shortened for people, and sizes are rounded. Pure.

import { CooperError } from '../../../errors/index.ts';

/** What a folder has; names of folders are without their slash. */
export interface Listing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** All such servers call the page so. */
const title = /<(?:title|h1)[^>]*>\s*(?:Index of|Directory listing|Listing of)\b/i;
const link = /<a\s[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;

/**
 * Reads the page of the folder at `url`. Links that lead elsewhere than into the folder are none of its names: sorting, the folder
 * above, other servers.
 * @throws CooperError `package-list-malformed` for a page that is no listing, or a name that no file has
 */
export function parseListing(page: string, url: string): Listing {
  if (!title.test(page)) throw malformed(url, 'is answered with a page that is not the listing of a folder');
  const here = new URL(url.endsWith('/') ? url : `${url}/`);
  const names = [...page.matchAll(link)].flatMap(([, double, single]) => nameIn(here, double ?? single ?? ''));
  const unique = [...new Set(names)];
  return {
    files: unique.filter((name) => !name.endsWith('/')),
    folders: unique.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1)),
  };
}

function nameIn(here: URL, href: string): string[] {
  const text = href.replaceAll('&amp;', '&').trim();
  if (text.startsWith('?') || !URL.canParse(text, here.href)) return [];
  const target = new URL(text, here);
  if (target.origin !== here.origin || target.search !== '' || !target.pathname.startsWith(here.pathname)) return [];
  const below = target.pathname.slice(here.pathname.length);
  if (!/^[^/]+\/?$/.test(below)) return [];
  const name = decoded(below, here);
  const plain = name.replace(/\/$/, '');
  if (/[\p{Cc}/]/u.test(plain) || plain === '.' || plain === '..') {
    throw malformed(here.href, `lists ${JSON.stringify(name)}, which is not the name of a file`);
  }
  return [name];
}

function decoded(name: string, here: URL): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw malformed(here.href, `lists ${JSON.stringify(name)}, which is not UTF-8`, cause);
  }
}

function malformed(url: string, why: string, cause?: unknown): CooperError {
  return new CooperError('package-list-malformed', { what: `${url} ${why}`, cause });
}
