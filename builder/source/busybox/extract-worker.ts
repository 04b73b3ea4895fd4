// Worker: takes busybox, and nothing else, out of its package, and makes the folders that a root has.

import { chmodSync, closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../../../errors/index.ts';
import { TarReader } from '../../../image/tar/reader.ts';
import { serveWorker } from '../../../native/worker-main.ts';
import { openDeb } from '../debian/deb.ts';

/** What the worker is asked. */
export interface ExtractRequest {
  readonly root: string;
  /** Path of the package. */
  readonly deb: string;
  /** Where busybox goes, relative to the root. */
  readonly program: string;
}

const folders = [
  ...['bin', 'dev', 'etc', 'home', 'mnt', 'opt', 'proc', 'run', 'sbin', 'srv', 'sys', 'usr', 'usr/bin', 'usr/sbin'],
  ...['var', 'var/cache', 'var/lib', 'var/log', 'var/spool'],
];

const places: ReadonlySet<string> = new Set(['bin/busybox', 'usr/bin/busybox', 'sbin/busybox']);

async function extract({ root, deb, program }: ExtractRequest): Promise<null> {
  for (const folder of folders) mkdirSync(join(root, folder), { mode: 0o755 });
  mkdirSync(join(root, 'root'), { mode: 0o700 });
  for (const folder of ['tmp', 'var/tmp']) {
    mkdirSync(join(root, folder));
    // mkdir heeds the umask.
    chmodSync(join(root, folder), 0o1777);
  }
  if (!(await copyProgram(deb, join(root, program)))) {
    throw new CooperError('busybox-unusable', { what: `${deb} has no busybox` });
  }
  return null;
}

async function copyProgram(deb: string, to: string): Promise<boolean> {
  let fd: number | undefined;
  let found = false;
  const reader = new TarReader({
    entry: ({ name, type }) => {
      if (type !== 'file' || found || !places.has(name.toString('latin1').replace(/^(?:\.\/)+/, ''))) return;
      fd = openSync(to, 'wx', 0o755);
      found = true;
    },
    data: (chunk) => {
      for (let at = 0; fd !== undefined && at < chunk.length; ) at += writeSync(fd, chunk, at);
    },
    end: () => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  });
  for await (const chunk of openDeb(deb).data()) reader.write(chunk);
  reader.finish();
  if (found) chmodSync(to, 0o755);
  return found;
}

serveWorker<ExtractRequest, null>(extract);
