// Routes one request: health, key lookup, the page, and else a file of the published tree. Answers every failure with a short
// plain text that shows nothing of the machine.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerFile } from './answer-file.ts';
import { hkpLookup, hkpMatches } from './hkp.ts';
import { type LiveView, withoutCatalog } from './live-view.ts';
import { openPublished } from './open-published.ts';
import { indexPage, pagePolicy } from './page.ts';
import { requestPath } from './path-policy.ts';
import type { ReadGenerations } from './read-generations.ts';
import type { Authority } from './tls.ts';

/** Where the handler looks and how it calls itself when a client does not say. */
export interface HandlerContext {
  readonly tree: string;
  readonly view: LiveView;
  readonly read: ReadGenerations;
  readonly scheme: 'http' | 'https';
  readonly address: string;
  /** With --tls self-signed: what clients must trust besides. */
  readonly ca: Authority | undefined;
}

/** Answers a request; never rejects for anything that a client does. */
export async function handle(
  context: HandlerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return say(request, response, 405, 'method not allowed');
  }
  const target = requestPath(request.url ?? '');
  if (target.kind === 'refused') return say(request, response, target.status, 'no such file');
  if (target.path === 'healthz') return answerHealth(context, request, response);
  if (target.path === 'pks/lookup') return answerLookup(context, request, response);
  if (target.path === '') return answerPage(context, request, response);
  return answerFor(context, request, response, target.path);
}

async function answerFor(
  context: HandlerContext,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const file = await openFor(context, request, path);
  if (file === undefined) return say(request, response, 404, 'no such file');
  return answerFile(request, response, path, file);
}

/** A signature of the generation that the client has the document of, as long as that one is there; else of the live one. */
async function openFor({ tree, read }: HandlerContext, request: IncomingMessage, path: string) {
  const client = request.socket.remoteAddress ?? '';
  const generation = read.ofSignature(client, path, Date.now());
  const signature = generation === undefined ? undefined : await openPublished(tree, path, generation);
  if (signature !== undefined) return signature;
  const file = await openPublished(tree, path);
  if (file?.generation !== undefined) read.note(client, path, file.generation, Date.now());
  return file;
}

async function answerHealth(context: HandlerContext, request: IncomingMessage, response: ServerResponse) {
  const published = await context.view.read();
  return published === undefined
    ? say(request, response, 503, 'nothing is published')
    : say(request, response, 200, 'ok');
}

async function answerLookup(context: HandlerContext, request: IncomingMessage, response: ServerResponse) {
  const query = new URLSearchParams(/\?([^#]*)/.exec(request.url ?? '')?.[1] ?? '');
  const lookup = hkpLookup(query);
  if (lookup.kind === 'unsupported') return say(request, response, 501, 'only op=get is answered');
  if (lookup.kind === 'faulty') return say(request, response, 400, 'search is 0x and 16 or 40 hexadecimal digits');
  const live = await context.view.read();
  // There is one key, and the file of this name has it, as behind any other web server.
  if (live === withoutCatalog) return answerFor(context, request, response, 'pks/lookup');
  const publisher = live?.publisher;
  if (publisher === undefined || !hkpMatches(lookup.search, publisher.keyFingerprints)) {
    return say(request, response, 404, 'no such key');
  }
  send(request, response, 200, { type: 'application/pgp-keys', body: publisher.armored });
}

async function answerPage(context: HandlerContext, request: IncomingMessage, response: ServerResponse) {
  const published = await context.view.read();
  if (published === withoutCatalog) return say(request, response, 404, 'a mirror for stock clients: it has no page');
  const host = request.headers.host ?? '';
  const address = /^[a-z0-9.-]+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/i.test(host)
    ? `${context.scheme}://${host}`
    : context.address;
  response.setHeader('Content-Security-Policy', pagePolicy);
  send(request, response, 200, {
    type: 'text/html; charset=utf-8',
    body: indexPage(published, address, context.ca?.fingerprint),
  });
}

function say(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  send(request, response, status, { type: 'text/plain; charset=utf-8', body: `${text}\n` });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  { type, body }: { readonly type: string; readonly body: string },
): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': length, 'Cache-Control': 'no-cache' });
  response.end(request.method === 'HEAD' ? undefined : body);
}
