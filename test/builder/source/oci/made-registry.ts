// A registry of made images on loopback: what OCI's distribution specification wants of a pull, and what it may do wrong.

import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { type Loopback, type Routes, serveRoutes } from '../../../fetch/loopback.ts';
import type { MadeDescriptor, MadeImages } from './made-image.ts';

/** What it does besides. */
export interface RegistryHabits {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Where blobs are: they are redirected to there. */
  readonly blobsAt?: string;
  /** WWW-Authenticate of what is asked without a token that counts. */
  readonly challenge?: () => string;
  readonly accepts?: (token: string) => boolean;
  /** Changes what is handed out for a path. */
  readonly spoil?: (path: string, bytes: Buffer) => Buffer;
}

/** A registry that runs. */
export interface MadeRegistry extends Loopback {
  /** Every request, in order. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
}

/** Serves all blobs of `images` as library/name; `tags` are read anew with each request. */
export async function serveRegistry(
  images: MadeImages,
  tags: Readonly<Record<string, MadeDescriptor>>,
  habits: RegistryHabits = {},
): Promise<MadeRegistry> {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? '';
    requests.push({ path, headers: request.headers });
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
    if (habits.challenge !== undefined && (token === undefined || habits.accepts?.(token) === false)) {
      response.writeHead(401, { 'www-authenticate': habits.challenge() }).end();
      return;
    }
    if (path === '/v2/') {
      response.writeHead(200).end('{}');
      return;
    }
    const [, kind, reference = ''] = /^\/v2\/library\/name\/(manifests|blobs)\/(.*)$/.exec(path) ?? [];
    const tagged = kind === 'manifests' ? tags[decodeURIComponent(reference)] : undefined;
    const bytes = images.blobs.get((tagged?.digest ?? reference).replace('sha256:', ''));
    if (kind === undefined || bytes === undefined) response.writeHead(404).end();
    else if (kind === 'blobs' && habits.blobsAt !== undefined) {
      response.writeHead(307, { location: `${habits.blobsAt}${path}` }).end();
    } else {
      const type = kind === 'manifests' ? (JSON.parse(bytes.toString()) as { mediaType: string }).mediaType : '';
      response.writeHead(200, { 'content-type': type || 'application/octet-stream' });
      response.end(habits.spoil?.(path, bytes) ?? bytes);
    }
  };
  const routes = new Proxy<Routes>({}, { get: () => answer });
  return { ...(await serveRoutes(routes, habits.tls)), requests };
}
