// The proxy that scripts inside talk to: answers GET and HEAD for what lies below listed upstreams, out of the library, and
// says no to everything else in words that the script's own output shows. Holds no connection to the outside itself.

import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CooperError } from '../../errors/index.ts';
import type { Held, Library } from './library.ts';
import type { FetchedFile } from './record.ts';
import { findUpstream, type Refusal, type Upstream, type Wanted } from './upstreams.ts';

/** What a proxy needs. `notice` is told what was refused or failed; it must not throw. */
export interface ProxyOptions {
  readonly upstreams: readonly Upstream[];
  readonly library: Library;
  readonly notice: (message: string) => void;
  /** Told of each thing before it is handed out. */
  readonly handed?: (file: FetchedFile) => void;
  /** Milliseconds between signs of life while a client waits; clients give up after thirty seconds of silence. */
  readonly patience?: number;
}

const mostConnections = 256;

/** A server that listens nowhere yet. */
export function createProxy(options: ProxyOptions): Server {
  const server = createServer((request, response) => {
    request.resume();
    // The script may be gone before it has its answer.
    answer(request, response, options).catch(() => response.destroy());
  });
  server.maxConnections = mostConnections;
  server.on('connect', (request, socket: Duplex) => {
    const reason = 'Ask for http:// addresses: the proxy speaks TLS to the upstream';
    options.notice(`the proxy refused CONNECT ${request.url ?? ''}`);
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 403 ${reason}\r\ncontent-length: ${reason.length + 1}\r\nconnection: close\r\n\r\n${reason}\n`,
    );
  });
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ProxyOptions): Promise<void> {
  const method = request.method ?? '';
  const found = findUpstream(method, request.url ?? '', options.upstreams);
  if ('status' in found) {
    options.notice(`the proxy refused ${method} ${request.url ?? ''}: ${found.reason}`);
    refuse(response, found);
    return;
  }
  const held = await heldOr(request, response, found, options);
  if (held === undefined) return;
  options.handed?.(held.file);
  // Else whoever follows the relative links of a listing takes them for those of the folder above.
  if (held.file.folder === true) response.writeHead(301, { location: `${request.url}/` }).end();
  else await hand(held, method, response);
}

async function heldOr(
  request: IncomingMessage,
  response: ServerResponse,
  wanted: Wanted,
  { library, notice, patience = 10_000 }: ProxyOptions,
): Promise<Held | undefined> {
  // An interim answer that every client of HTTP/1.1 reads over (RFC 9110, section 15.2).
  const alive = setInterval(() => request.httpVersion === '1.1' && response.writeContinue(), patience);
  try {
    return await library.get(wanted);
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    const { base, url, name } = wanted.upstream;
    // Which mirror was chosen is nobody's business inside, and the log is published.
    const reason = error.message.replaceAll(base.replace(/\/+$/, ''), url.replace(/\/+$/, ''));
    const absent = error.code === 'not-found-on-server' || error.code === 'not-in-lock';
    notice(`the proxy has no ${name}/${wanted.path}: ${reason}`);
    refuse(response, { status: absent ? 404 : 502, reason });
    return undefined;
  } finally {
    clearInterval(alive);
  }
}

async function hand({ file, at }: Held, method: string, response: ServerResponse): Promise<void> {
  response.writeHead(200, {
    'content-length': file.size,
    ...(file.mediaType === undefined ? {} : { 'content-type': file.mediaType }),
  });
  if (method === 'HEAD') response.end();
  else await pipeline(createReadStream(at), response);
}

function refuse(response: ServerResponse, { status, reason }: Refusal): void {
  const more = status === 405 ? { allow: 'GET, HEAD' } : {};
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...more }).end(`${reason}\n`);
}
