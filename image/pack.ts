// Packs a root into rootfs.tar.xz: the worker reads it in the root's user namespace, here the tar is hashed, counted and
// compressed. The file appears complete or not at all.

import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import type { FileDigest, Sha256 } from '../keys/digest.ts';
import { type BoxTree, type IdMap, mkfifo, runWorker } from '../native/index.ts';
import type { ImageDevice, PackedTree, PackTreeRequest } from './pack-tree.ts';
import { placeFile } from './place-file.ts';
import type { BytePath } from './tree/byte-path.ts';
import { compressXz } from './xz.ts';

/** What is packed, and where to. */
export interface PackRequest {
  readonly root: BoxTree;
  /** Map of the namespace in which the owners of the files are those of the image. */
  readonly idMap: IdMap | 'host';
  /** Seconds since 1970 to which every time is clamped. */
  readonly epoch: number;
  readonly devices: readonly ImageDevice[];
  /** Gets `rootfs.tar.xz`; must exist. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  /** Bytes of tar compressed so far; how many there will be is not known. */
  readonly onProgress?: (bytes: number) => void;
}

/** A packed root. */
export interface PackedRoot {
  /** The tar inside: bytes, SHA-256, number of entries. */
  readonly rootfs: FileDigest & { readonly entries: number };
  /** rootfs.tar.xz itself. */
  readonly file: FileDigest;
  /** Paths of the device nodes that the root's programs made: excluded from unprivileged clients as the listed ones. */
  readonly recorded: readonly BytePath[];
  /** Of the worker; compression runs in this process. */
  readonly cpuSeconds: number;
}

/** Writes `<directory>/rootfs.tar.xz` by temporary file and rename. Throws `archive-conflict`, `no-space`. */
export async function packRoot(request: PackRequest): Promise<PackedRoot> {
  const target = join(request.directory, 'rootfs.tar.xz');
  const { result, file } = await placeFile(target, (partial) => packInto(partial, request));
  return { ...result, file };
}

async function packInto(partial: string, request: PackRequest): Promise<Omit<PackedRoot, 'file'>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(request.signal === undefined ? [] : [request.signal])]);
  const { tar, write } = openPipe(request.directory);
  const counter = new Counter(request.onProgress ?? (() => undefined));
  tar.once('error', (error) => counter.destroy(error));
  const compressed = compressXz(tar.pipe(counter), partial, { preset: 6, threads: 0, signal });
  // The first failure ends the other side; both are awaited, so that nothing runs on.
  const worker = runPackWorker(request, write, signal).finally(() => closeSync(write));
  const ends = [worker, compressed].map((end) => end.catch((error: unknown) => stop.abort(error)));
  await Promise.all(ends);
  tar.destroy();
  signal.throwIfAborted();
  const { response, cpuSeconds } = await worker;
  const { size, sha256 } = counter.digest();
  if (size !== response.size) throw new Error(`the worker wrote ${response.size} bytes, ${size} arrived`);
  return { rootfs: { size, sha256, entries: response.entries }, recorded: response.recorded, cpuSeconds };
}

// A named pipe whose name is gone at once. Opened for reading without waiting for a writer, it can be opened for writing.
function openPipe(directory: string): { readonly tar: Readable; readonly write: number } {
  const path = join(directory, 'rootfs.tar.pipe');
  mkfifo(path, 0o600);
  try {
    const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const tar = new Socket({ fd: read, readable: true, writable: false });
    return { tar, write: openSync(path, constants.O_WRONLY) };
  } finally {
    rmSync(path);
  }
}

function runPackWorker({ root, idMap, epoch, devices }: PackRequest, output: number, signal: AbortSignal) {
  const request: PackTreeRequest = { root: root.path, epoch, devices };
  const binds = [{ ...root, readOnly: true }];
  return runWorker<PackedTree>('image/pack-worker', request, { idMap, binds, output, signal });
}

/** Hashes and counts what passes. */
class Counter extends Transform {
  readonly #hash = createHash('sha256');
  readonly #onProgress: (bytes: number) => void;
  #size = 0;

  constructor(onProgress: (bytes: number) => void) {
    super();
    this.#onProgress = onProgress;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, data: Buffer) => void): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
    this.#onProgress(this.#size);
    done(null, chunk);
  }

  digest(): FileDigest {
    return { size: this.#size, sha256: this.#hash.digest('hex') as Sha256 };
  }
}
