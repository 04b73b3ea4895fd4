// Starts and stops the HTTP or HTTPS server of a published tree. It reads the tree and nothing else; no signing key is ever in
// this process.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { requireKnownFormat } from '../publish/tree-format.ts';
import { handle } from './handler.ts';
import { liveView } from './live-view.ts';
import { ReadGenerations } from './read-generations.ts';
import { type Authority, isWildcard, type TlsChoice, tlsMaterial } from './tls.ts';

/** What to serve and where. Port 0 takes a free one. */
export interface ServeOptions {
  readonly tree: string;
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsChoice;
  /** Told of failures behind a status 500 and of a renewal that failed; by default they are dropped. */
  readonly onError?: (error: unknown) => void;
}

/** A server that listens. */
export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** With `--tls self-signed`: the CA that clients must trust. */
  readonly ca?: Authority;
  /** Stops listening, lets running transfers end for up to `grace` milliseconds (default 5000), then cuts them. */
  readonly close: (grace?: number) => Promise<void>;
}

const renewalInterval = 12 * 3600 * 1000;

/**
 * Listens and answers until closed.
 * @throws CooperError 'port-in-use', 'listen-refused', 'bad-tls-files', 'tree-too-new'
 */
export async function serve({ tree, host, port, tls, onError = () => {} }: ServeOptions): Promise<RunningServer> {
  await requireKnownFormat(tree);
  const scheme = tls === undefined ? 'http' : 'https';
  const material = tls && (await tlsMaterial(tls, host, new Date()));
  const context = { tree, view: liveView(tree), read: new ReadGenerations(), scheme, ca: material?.authority } as const;
  let address = '';
  const listener: RequestListener = (request, response) => {
    handle({ ...context, address }, request, response).catch((error: unknown) => {
      onError(error);
      if (!response.headersSent) response.writeHead(500, { 'Content-Length': 0 });
      response.end();
    });
  };
  const server =
    material === undefined
      ? createServer(listener)
      : createTlsServer({ cert: material.cert, key: material.key }, listener);
  await listen(server, host, port);
  const listening = (server.address() as AddressInfo).port;
  address = `${scheme}://${hostInUrl(host)}:${listening}`;
  const stopRenewal = tls === undefined ? () => {} : renew(server as TlsServer, tls, host, onError);
  return {
    url: address,
    port: listening,
    ...(material?.authority === undefined ? {} : { ca: material.authority }),
    close: (grace = 5000) => {
      stopRenewal();
      return close(server, grace);
    },
  };
}

/** No certificate holds for 0.0.0.0 or [::], and not every client connects to it. */
function hostInUrl(host: string): string {
  if (isWildcard(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    if (isSystemError(cause, 'EADDRINUSE')) {
      throw new CooperError('port-in-use', { what: `port ${port} of ${host} is in use`, cause });
    }
    if (['EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].some((code) => isSystemError(cause, code))) {
      throw new CooperError('listen-refused', { what: `cannot listen on port ${port} of ${host}`, cause });
    }
    throw cause;
  }
}

/** Looks twice a day whether the certificate was renewed (by us or by the operator) and takes the new one without a restart. */
function renew(server: TlsServer, tls: TlsChoice, host: string, onError: (error: unknown) => void): () => void {
  const timer = setInterval(() => {
    // With half-replaced files the old certificate goes on until the next look.
    tlsMaterial(tls, host, new Date()).then(({ cert, key }) => server.setSecureContext({ cert, key }), onError);
  }, renewalInterval);
  timer.unref();
  return () => clearInterval(timer);
}

async function close(server: Server, grace: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const deadline = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(deadline);
}
