// A server of a published tree that does one thing wrong, for some of its files: what mirrors, proxies and captive portals do.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What it does instead of sending the file. */
export type Fault = (path: string, response: ServerResponse, file: Buffer) => void;

const portal = '<!DOCTYPE html><html><body>Please log in to this network.</body></html>\n';

/** By what they are called in tests. */
export const faults = {
  'never answers': () => undefined,
  'stops in the middle': (_path, response, file) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, file.length >> 1));
  },
  'ends in the middle': (_path, response, file) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, file.length >> 1), () => response.destroy());
  },
  'answers with an HTML page and status 200': (_path, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(portal);
  },
  'redirects in a loop': (path, response) => {
    response.writeHead(302, { location: `${path}?again` }).end();
  },
  'never ends': (_path, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
    };
    response.on('drain', more);
    more();
  },
  'sends an empty file': (_path, response) => response.writeHead(200).end(),
  'has lost it': (_path, response) => response.writeHead(404).end(),
} as const satisfies Readonly<Record<string, Fault>>;

/** Of a server with TLS: it leads elsewhere without. */
export const redirectToHttp: Fault = (path, response) => {
  response.writeHead(302, { location: `http://127.0.0.1:9${path}` }).end();
};

/** A server that runs. `spoil`: from now on files whose path matches are sent so; undefined: all is well. */
export interface FaultyOrigin {
  readonly url: string;
  /** Certificate to be trusted, with TLS. */
  readonly certificate: string | undefined;
  readonly spoil: (paths: RegExp, fault: Fault | undefined) => void;
  readonly close: () => Promise<void>;
}

/** Serves the tree; over https with a certificate of its own when `folder` is given. It knows no ranges. */
export async function serveFaulty(tree: string, folder?: string): Promise<FaultyOrigin> {
  let fault: Fault | undefined;
  let spoiled = /^$/;
  const listener: RequestListener = (request, response) => {
    response.on('error', () => undefined);
    const path = decodeURIComponent(request.url ?? '/').replace(/\?.*/, '');
    const file = contentOf(join(tree, 'live', path));
    if (file === undefined) response.writeHead(404).end();
    else if (fault !== undefined && spoiled.test(path)) fault(path, response, file);
    else response.writeHead(200, { 'content-length': file.length }).end(file);
  };
  const tls = folder === undefined ? undefined : makeCertificate(folder);
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/`,
    certificate: tls?.cert,
    spoil: (paths, next) => {
      spoiled = paths;
      fault = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function contentOf(path: string): Buffer | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path) : undefined;
}

/** A certificate for 127.0.0.1 that signs itself, and its key; PEM. `parent` gets their files. */
export function makeCertificate(parent: string): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(parent, 'tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...words, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}
