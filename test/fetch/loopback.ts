// A loopback http(s) server for the tests of fetch/: each path is answered by the handler given for it.

import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Loopback {
  readonly url: string;
  /** How often each path was asked for. */
  readonly asked: Map<string, number>;
  close(): Promise<void>;
}

export type Routes = Record<string, RequestListener>;

/** Serves `routes` on 127.0.0.1, with TLS when a key and a certificate are given. */
export async function serveRoutes(routes: Routes, tls?: { key: string; cert: string }): Promise<Loopback> {
  const asked = new Map<string, number>();
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? '/';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const route = routes[path];
    if (route === undefined) {
      response.writeHead(404).end('nothing here');
      return;
    }
    route(request, response);
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
