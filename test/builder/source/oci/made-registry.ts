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
  /** `user:password` that does instead of a token. */
  readonly login?: string;
  /** Says no to whoever is let in. */
  readonly forbids?: boolean;
  /** Answers for a blob in its own way. */
  readonly answerBlob?: (bytes: Buffer, ...exchange: Parameters<RequestListener>) => void;
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
    if (habits.challenge !== undefined && !letsIn(request.headers.authorization ?? '', habits)) {
      return void response.writeHead(401, { 'www-authenticate': habits.challenge() }).end();
    }
    if (habits.forbids === true) return void response.writeHead(403).end();
    if (path === '/v2/') return void response.writeHead(200).end('{}');
    const [, kind, reference = ''] = /^\/v2\/library\/name\/(manifests|blobs)\/(.*)$/.exec(path) ?? [];
    const tagged = kind === 'manifests' ? tags[decodeURIComponent(reference)] : undefined;
    const bytes = images.blobs.get((tagged?.digest ?? reference).replace('sha256:', ''));
    if (kind === undefined || bytes === undefined) response.writeHead(404).end();
    else if (kind === 'blobs' && habits.blobsAt !== undefined) {
      response.writeHead(307, { location: `${habits.blobsAt}${path}` }).end();
    } else if (kind === 'blobs' && habits.answerBlob !== undefined) habits.answerBlob(bytes, request, response);
    else {
      const type = kind === 'manifests' ? (JSON.parse(bytes.toString()) as { mediaType: string }).mediaType : '';
      response.writeHead(200, { 'content-type': type || 'application/octet-stream' });
      response.end(habits.spoil?.(path, bytes) ?? bytes);
    }
  };
  const routes = new Proxy<Routes>({}, { get: () => answer });
  return { ...(await serveRoutes(routes, habits.tls)), requests };
}

function letsIn(authorization: string, { accepts, login }: RegistryHabits): boolean {
  if (login !== undefined) return authorization === basicOf(login);
  const token = /^Bearer (.*)$/.exec(authorization)?.[1];
  return token !== undefined && accepts?.(token) !== false;
}

/** Value of Authorization for `user:password`. */
export const basicOf = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;
