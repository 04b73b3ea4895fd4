// The address of an image server as people type it, and addresses of files below it. Pure.
// It refuses what could lead a client elsewhere: queries, fragments, and signed paths that climb out.

import { CooperError } from '../../errors/index.ts';

/** Root of a server: an http or https URL that ends with a slash. */
export type ServerUrl = URL & { readonly brand: 'ServerUrl' };

/** Reads a URL, or LXC's form `host[:port][/prefix]`, which means https. Throws `bad-usage`. */
export function parseServer(text: string): ServerUrl {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const fine = url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (!fine || text.trim() !== text || text === '') {
    throw new CooperError('bad-usage', {
      what: `${JSON.stringify(text)} is not the address of a server`,
      next: 'Give --server a URL (http or https), or host[:port][/prefix] for https.',
    });
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/`;
  return url as ServerUrl;
}

/** Address of a file below the server. `path` is relative; each component is encoded, none is read as a scheme. */
export function addressBelow(server: ServerUrl, path: string): URL {
  const url = new URL(server);
  url.pathname += path.split('/').map(encodeComponent).join('/');
  return url;
}

/** True for a path that can only lead below the server: components of letters, digits and `+.:_~-`, no `.` or `..`. */
export function isPathBelow(path: string): boolean {
  return /^(?:[a-z0-9+:_~-][a-z0-9+.:_~-]*\/)+$/i.test(path);
}

/** Colons stay: build names have them and every server takes them (docs/PROTOCOLS.md, section 1). */
function encodeComponent(component: string): string {
  return encodeURIComponent(component).replaceAll('%3A', ':');
}
