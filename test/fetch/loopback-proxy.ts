// A proxy on loopback for tests: tunnels (CONNECT) and forwards, asks for a login where one is given, and remembers what it was asked for.
// Names below .test (RFC 6761), which nobody else resolves, are this machine to it: no proxy is asked for addresses on loopback.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface LoopbackProxy {
  /** `127.0.0.1:PORT`. */
  readonly authority: string;
  /** `CONNECT host:port` and `GET http://…`, in their order. */
  readonly asked: string[];
  /** Tunnels that are open. */
  tunnels(): number;
  close(): Promise<void>;
}

/**
 * `login`: `user:password` that has to come; `refuse`: status of every answer; `tls`: the proxy itself speaks TLS; `at`: the address of
 * this machine that names below .test have, 127.0.0.1.
 */
export interface ProxyKind {
  readonly login?: string;
  readonly refuse?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly at?: '127.0.0.1' | '::1';
}

/** Starts one. */
export async function startProxy({ login, refuse, tls, at = '127.0.0.1' }: ProxyKind = {}): Promise<LoopbackProxy> {
  const asked: string[] = [];
  const resolve = (hostname: string) => (hostname.endsWith('.test') ? at : hostname.replace(/^\[(.*)\]$/, '$1'));
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const refusal = ({ method, url, headers }: IncomingMessage): number | undefined => {
    asked.push(`${method} ${url}`);
    return expected !== undefined && headers['proxy-authorization'] !== expected ? 407 : refuse;
  };
  const forward = (from: IncomingMessage, to: ServerResponse): void => {
    const status = refusal(from);
    if (status !== undefined) return void to.writeHead(status).end();
    const { method, headers } = from;
    const { hostname, port, pathname: path } = new URL(from.url ?? '');
    const onwards = request({ host: resolve(hostname), port, path, method, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(to);
    });
    onwards.on('error', () => to.writeHead(502).end());
    onwards.end();
  };
  const server = tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
  const open = new Set<Socket>();
  server.on('connect', (from: IncomingMessage, client: Socket) => {
    open.add(client.on('error', () => undefined));
    client.once('close', () => open.delete(client));
    const status = refusal(from);
    if (status !== undefined) return void client.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
    const { hostname, port } = new URL(`http://${from.url}`);
    const upstream = connect(Number(port), resolve(hostname));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    upstream.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    authority: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    tunnels: () => open.size,
    close: () =>
      new Promise((closed) => {
        for (const socket of open) socket.destroy();
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}
