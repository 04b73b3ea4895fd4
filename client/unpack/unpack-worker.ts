// Worker: decodes rootfs.tar.xz and writes `<folder>/rootfs`, holding the container's ids. Hashes what it decodes and
// refuses the tree unless size and SHA-256 are those of the manifest; refuses entries that leave the root.

import { createHash } from 'node:crypto';
import { chownSync, createReadStream, lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type TarHandler, TarReader } from '../../image/tar/reader.ts';
import { TreeWriter } from '../../image/tree/write.ts';
import { createXzDecoder } from '../../image/xz.ts';
import { serveWorker } from '../../native/worker-main.ts';
import { requireMapped } from './id-check.ts';
import type { UnpackRequest, UnpackResponse } from './unpack.ts';

/** Bytes between two messages of progress. */
const progressStep = 8 * 1024 * 1024;

async function unpack(request: UnpackRequest, rootfs: string, tell: (message: unknown) => void): Promise<number> {
  const excluded = new Set(request.excludes.map((name) => name.replace(/^(\.\/)+/, '')));
  const writer = new TreeWriter(rootfs, {
    parents: 'refuse-symlinks',
    devices: request.devices,
    exclude: (name) => excluded.has(name),
  });
  const counter = new EntryCounter(writer, request);
  const reader = new TarReader(counter);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of decode(request)) {
      size += chunk.length;
      if (size > request.size) throw mismatch(`holds more than the ${request.size} bytes that were signed`);
      hash.update(chunk);
      reader.write(chunk);
      if (Math.floor(size / progressStep) > Math.floor((size - chunk.length) / progressStep)) tell(size);
    }
    reader.finish();
    if (size !== request.size) throw mismatch(`holds ${size} bytes, ${request.size} were signed`);
    if (hash.digest('hex') !== request.sha256) throw mismatch('holds other bytes than were signed');
    writer.finish();
  } finally {
    writer.close();
  }
  return counter.entries;
}

/** One byte more than was signed is enough to know. */
function decode(request: UnpackRequest): AsyncIterable<Buffer> {
  const source = createReadStream(request.archive, { highWaterMark: 64 * 1024 });
  const decoder = createXzDecoder(request.size + 1);
  source.on('error', (error) => decoder.destroy(error));
  return source.pipe(decoder);
}

/** Counts entries and looks at their owners before they are placed. */
class EntryCounter implements TarHandler {
  entries = 0;
  readonly #writer: TreeWriter;
  readonly #request: UnpackRequest;

  constructor(writer: TreeWriter, request: UnpackRequest) {
    this.#writer = writer;
    this.#request = request;
  }

  entry(entry: Parameters<TarHandler['entry']>[0]): void {
    this.entries += 1;
    if (this.#request.ids !== undefined) requireMapped(entry, this.#request.ids);
    this.#writer.entry(entry);
  }

  data(chunk: Buffer): void {
    this.#writer.data(chunk);
  }

  end(): void {
    this.#writer.end();
  }
}

/** LXC mounts devpts there; its own client makes the folder too (docs/PROTOCOLS.md, section 1). */
function makePtsFolder(rootfs: string): void {
  const dev = path.join(rootfs, 'dev');
  if (!lstatSync(dev, { throwIfNoEntry: false })?.isDirectory()) return;
  if (lstatSync(path.join(dev, 'pts'), { throwIfNoEntry: false }) === undefined) mkdirSync(path.join(dev, 'pts'));
}

/** The folder belongs to the container's root; its group stays, so that the caller can still enter (as lxc-create has it). */
function giveToContainer(folder: string): void {
  chownSync(folder, 0, -1);
}

function mismatch(how: string): CooperError {
  return new CooperError('digest-mismatch', { what: `rootfs.tar.xz ${how}` });
}

serveWorker<UnpackRequest, UnpackResponse>(async (request, tell) => {
  const rootfs = path.join(request.folder, 'rootfs');
  mkdirSync(rootfs, { mode: 0o755 });
  const entries = await unpack(request, rootfs, tell);
  makePtsFolder(rootfs);
  giveToContainer(request.folder);
  return { entries };
});
