// A server on loopback that hands on what another one says, counts it, and can keep answers back.

import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy in front of a server. */
export interface CountingProxy {
  readonly url: string;
  /** Requests for files whose path ends so. */
  requests(ending: string): number;
  /** Bytes of files whose path ends so that were sent. */
  bytes(ending: string): number;
  close(): Promise<void>;
}

/** Answers of paths for which `before` gives a promise are kept back until then. */
export async function countingProxy(
  origin: string,
  before: (path: string) => Promise<unknown> | undefined = () => undefined,
): Promise<CountingProxy> {
  const asked: string[] = [];
  const sent = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const pass = (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('data', (chunk: Buffer) => sent.set(path, (sent.get(path) ?? 0) + chunk.length));
      answer.pipe(response);
    };
    const { host: _host, ...headers } = request.headers;
    void Promise.resolve(before(path)).then(() => get(`${origin}${path}`, { headers }, pass));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: (ending) => asked.filter((path) => path.endsWith(ending)).length,
    bytes: (ending) => [...sent].reduce((sum, [path, count]) => (path.endsWith(ending) ? sum + count : sum), 0),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
