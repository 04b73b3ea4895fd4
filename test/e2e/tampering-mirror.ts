// A mirror on loopback that passes on what the real one answers, except where a test wants it changed.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chooseMirrors } from '../../builder/index.ts';
import { openImage, sourceOf } from '../../variants/index.ts';
import { miniName } from './published.ts';

/** What to do with one answer: other bytes, or a status without any. */
export type Tampering = (path: string, body: Buffer) => Buffer | { readonly status: number };

/** A running mirror; the words are options of `cooper build`. */
export interface TamperingMirror {
  readonly words: readonly string[];
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts a mirror with both archives of Debian below it. */
export async function tamperingMirror(tamper: Tampering): Promise<TamperingMirror> {
  const image = await openImage(miniName);
  const upstream = await chooseMirrors(sourceOf(image, 'debian'), image.release, {});
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const base = path.startsWith('/security/') ? upstream.security : upstream.main;
    const url = `${base.replace(/\/+$/, '')}/${path.replace(/^\/(main|security)\//, '')}`;
    fetch(url).then(
      async (answer) => {
        const result = tamper(path, Buffer.from(await answer.arrayBuffer()));
        const bytes = Buffer.isBuffer(result) ? result : Buffer.alloc(0);
        response.writeHead(Buffer.isBuffer(result) ? answer.status : result.status, { 'content-length': bytes.length });
        response.end(bytes);
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    asked,
    words: ['--mirror', `${url}/main`, '--security-mirror', `${url}/security`],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
