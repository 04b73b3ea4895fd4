// Worker: decodes the archive of a root filesystem, also while it arrives, and writes it, holding the container's ids. What it reads is
// compared with what was vouched for; entries that leave the root are refused.

import { createHash } from 'node:crypto';
import { chownSync, createReadStream, lstatSync, mkdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { CooperError } from '../../errors/index.ts';
import { isCovered, type PlacedNode, placedNode } from '../../image/bound-nodes.ts';
import { encodings } from '../../image/segment/encoding.ts';
import { readSegments } from '../../image/segment/read-segments.ts';
import type { TarEntry } from '../../image/tar/entry.ts';
import { type TarHandler, TarReader } from '../../image/tar/reader.ts';
import { entryPath } from '../../image/tree/byte-path.ts';
import { TreeWriter } from '../../image/tree/write.ts';
import { rootfsLimit } from '../../image/unsigned-limits.ts';
import { createXzDecoder } from '../../image/xz.ts';
import { serveFedWorker, takeInput } from '../../native/worker-main.ts';
import { lockRoot } from '../../provision/login/password.ts';
import type { ExpectedBytes } from '../fetch/image-files.ts';
import { requireMapped } from './id-check.ts';
import { fillTemplates } from './templates.ts';
import type { UnpackRequest, UnpackResponse } from './unpack.ts';

/** Bytes between two messages of progress. */
const progressStep = 8 * 1024 * 1024;

async function unpack(
  request: UnpackRequest,
  arrived: AsyncIterable<number>,
  tell: (size: number) => void,
): Promise<UnpackResponse> {
  const excluded = new Set(request.excludes.map((name) => name.replace(/^(\.\/)+/, '')));
  const writer = new TreeWriter(request.rootfs, {
    parents: 'refuse-symlinks',
    devices: request.devices,
    exclude: (name) => excluded.has(name),
  });
  const counter = new EntryCounter(writer, request);
  const reader = new TarReader(counter);
  const { source } = request;
  const archive = await takeInput();
  const pieces = source.kind === 'whole' ? readWhole(archive, source.expected) : readPieces(archive, source, arrived);
  let size = 0;
  try {
    for await (const chunk of pieces) {
      reader.write(chunk);
      size += chunk.length;
      if (Math.floor(size / progressStep) > Math.floor((size - chunk.length) / progressStep)) tell(size);
    }
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
  return { entries: counter.entries, leftOut: counter.leftOut };
}

function readPieces(
  archive: number,
  { encoding, segments }: Extract<UnpackRequest['source'], { readonly kind: 'blocks' }>,
  arrived: AsyncIterable<number>,
): AsyncIterable<Buffer> {
  const read = (room: Buffer, position: number) => readArchive(archive, room, position);
  return readSegments({ read, decode: encodings[encoding].decode, segments }, arrived);
}

function readArchive(archive: number, room: Buffer, position: number): Buffer {
  let fill = 0;
  for (let count = -1; fill < room.length && count !== 0; fill += count) {
    count = readSync(archive, room, fill, room.length - fill, position + fill);
  }
  return room.subarray(0, fill);
}

/** An archive without a table is compared as a whole, at its end; until then nothing of it is a container. */
function readWhole(fd: number, expected: ExpectedBytes): AsyncIterable<Buffer> {
  const archive = () => createReadStream('', { fd, start: 0, highWaterMark: 64 * 1024, autoClose: false });
  if (expected.of === 'tar') return compared(decode(archive(), expected.size + 1), expected);
  return decode(Readable.from(compared(archive(), expected), { objectMode: false }), rootfsLimit);
}

/** One byte more than was vouched for is enough to know. */
async function* compared(chunks: AsyncIterable<Buffer>, { size, sha256 }: ExpectedBytes): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    if (read > size) throw mismatch(`holds more than the ${size} bytes that were vouched for`);
    hash.update(chunk);
    yield chunk;
  }
  if (read !== size) throw mismatch(`holds ${read} bytes, ${size} were vouched for`);
  if (hash.digest('hex') !== sha256) throw mismatch('holds other bytes than were vouched for');
}

function decode(source: Readable, limit: number): AsyncIterable<Buffer> {
  const decoder = createXzDecoder(limit);
  source.on('error', (error) => decoder.destroy(error));
  return source.pipe(decoder);
}

/** Device nodes that are told; an image that has more says enough with these. */
const mostNodes = 100;

/** Counts entries and looks at them before they are placed: at their owners, and at device nodes that will not be made. */
class EntryCounter implements TarHandler {
  entries = 0;
  readonly leftOut: PlacedNode[] = [];
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
    if (entry.device !== undefined) this.#leaveOut(entry);
  }

  data(chunk: Buffer): void {
    this.#writer.data(chunk);
  }

  end(): void {
    this.#writer.end();
  }

  #leaveOut(entry: TarEntry): void {
    if (this.#request.devices === 'make' || this.leftOut.length === mostNodes) return;
    const node = placedNode(entryPath(entry.name), entry);
    if (node !== undefined && !isCovered(node.path)) this.leftOut.push(node);
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

serveFedWorker<UnpackRequest, number, UnpackResponse>(async (request, arrived, tell) => {
  const { rootfs, newIn } = request;
  if (newIn !== undefined) mkdirSync(rootfs, { mode: 0o755 });
  const unpacked = await unpack(request, arrived, tell);
  fillTemplates(rootfs, request.templates);
  // No password comes from an image, also from one that no gate of ours has seen.
  lockRoot(rootfs);
  makePtsFolder(rootfs);
  if (newIn !== undefined) giveToContainer(newIn);
  return unpacked;
});
