// Connections to https servers through a proxy: CONNECT (RFC 9110, section 9.3.6), then TLS with the server itself inside.
// Nothing that the proxy answers reaches whoever asked the server: a refusal fails the connection.

import { type ClientRequest, request as httpRequest } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HttpProxy } from './choose.ts';
import { judgeConnect, judgeProxyError } from './failure.ts';

type Connected = (error: Error | null, stream?: Duplex) => void;

/** Where a connection is to lead, with whatever else TLS wants to know; as Node hands it to createConnection. */
interface Destination {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
}

/** Keeps tunnels as an agent of Node keeps connections. */
export class TunnelAgent extends HttpsAgent {
  readonly #proxy: HttpProxy;
  readonly #patience: number;
  readonly #opening = new Set<ClientRequest>();

  /** `patience`: milliseconds without a sign of the proxy. */
  constructor(proxy: HttpProxy, patience: number, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#patience = patience;
  }

  /** Called by Node for each new connection; hands the secured one to `connected`. */
  override createConnection(destination: Destination, connected: Connected): undefined {
    this.#open(destination).then(
      (socket) => {
        const secured = super.createConnection({ ...destination, socket } as object) as Duplex;
        socket.on('error', (error) => secured.destroy(error));
        connected(null, secured);
      },
      (error: unknown) => connected(judgeProxyError(this.#proxy, error)),
    );
    return undefined;
  }

  override destroy(): void {
    for (const request of this.#opening) request.destroy();
    super.destroy();
  }

  #open({ host, port }: Destination): Promise<Socket> {
    const request = this.#ask(`${host?.includes(':') ? `[${host}]` : host}:${port}`);
    this.#opening.add(request);
    const opened = new Promise<Socket>((resolve, reject) => {
      request.once('connect', ({ statusCode = 0 }, socket: Socket) => {
        const refusal = judgeConnect(this.#proxy, statusCode);
        if (refusal === undefined) resolve(socket.setTimeout(0));
        else {
          socket.destroy();
          reject(refusal);
        }
      });
      request.once('timeout', () => request.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
      request.on('error', reject);
      request.end();
    });
    return opened.finally(() => this.#opening.delete(request));
  }

  #ask(authority: string): ClientRequest {
    const { host, port, isSecure, authorization } = this.#proxy;
    const login = authorization === undefined ? {} : { 'proxy-authorization': authorization };
    const headers = { host: authority, 'user-agent': 'cooper', ...login };
    const timeout = this.#patience;
    const asking = { host, port, method: 'CONNECT', path: authority, headers, agent: false, timeout } as const;
    return isSecure ? httpsRequest({ ...asking, ca: this.options.ca }) : httpRequest(asking);
  }
}
