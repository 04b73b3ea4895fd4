// The only way out of a build root: a proxy on the loopback of each box that runs a script of the definition. Opened once a
// build, used by one box after the other; closes with the build.

import { closeSync } from 'node:fs';
import type { Server } from 'node:http';
import type { BoxIo } from '../../native/index.ts';
import { Library, type LibraryOptions } from './library.ts';
import { createProxy } from './proxy.ts';
import { type FetchedFile, FetchRecord } from './record.ts';
import type { Upstream } from './upstreams.ts';

/** An open door. */
export interface Door {
  /** For the environment of the script. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a box whose loopback has the proxy; `notice` is told what the proxy refuses. */
  through<T>(
    notice: (message: string) => void,
    run: (listener: NonNullable<BoxIo['listener']>) => Promise<T>,
  ): Promise<T>;
  /** What went through this door and those of the layers below, for the lock file. */
  readonly fetched: readonly FetchedFile[];
  /** The same door for a layer of its own, upon the one that had `below`. */
  layer(below: Door | undefined): Door;
}

/** Free in every box, since each has a loopback of its own. */
const port = 3128;
const address = `http://127.0.0.1:${port}`;

const env: Readonly<Record<string, string>> = Object.freeze({
  http_proxy: address,
  // So that what asks for https is told why it gets no answer, instead of that a name is unknown.
  https_proxy: address,
  no_proxy: 'localhost,127.0.0.1,::1',
});

/** Opens the door for one build. */
export async function openDoor(options: LibraryOptions): Promise<Door> {
  return doorOf(await Library.open(options), options.upstreams, []);
}

function doorOf(library: Library, upstreams: readonly Upstream[], before: readonly FetchedFile[]): Door {
  const record = new FetchRecord(Number.POSITIVE_INFINITY, before);
  return {
    env,
    get fetched() {
      return record.list();
    },
    layer: (below) => doorOf(library, upstreams, below?.fetched ?? []),
    async through(notice, run) {
      const server = createProxy({ upstreams, library, notice, handed: (file) => record.add(file) });
      let over = false;
      const take = (fd: number) => (over ? closeSync(fd) : server.listen({ fd }));
      try {
        return await run({ port, take });
      } finally {
        over = true;
        await shut(server);
      }
    },
  };
}

/** Nobody inside is left to wait for an answer. */
function shut(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
