// Reads a .deb (deb(5)): the members of its control archive in memory, its data archive as a stream of plain tar bytes.
// Refuses other format versions, members out of order, compression it cannot read and output beyond a limit.

import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { CooperError } from '../../../errors/index.ts';
import { TarReader } from '../../../image/tar/reader.ts';
import { decodeXz } from '../../../image/xz.ts';
import { type Packing, unpacked } from '../unpacked.ts';
import { type ArMember, readArMembers } from './ar.ts';

/** An opened .deb. Nothing is read before it is asked for. */
export interface Deb {
  /** Files of control.tar by name, without `./`: `control`, `md5sums`, `conffiles`, maintainer scripts. */
  control(): Promise<ReadonlyMap<string, Buffer>>;
  /** The plain bytes of data.tar, each part valid until the next one is asked for. Fails with `deb-malformed` or `deb-unsupported`. */
  data(): AsyncIterable<Buffer>;
}

/** Bytes of a plain control.tar; the largest in Debian (md5sums of many files) has some tens of megabytes. */
const controlLimit = 256 * 1024 * 1024;
/** Bytes of a plain data.tar. */
const dataLimit = 16 * 1024 ** 3;

/** `file` is a path; it is trusted no further than its digest says. */
export function openDeb(file: string): Deb {
  return {
    control: () => readControl(file),
    data: () => readMember(file, 'data.tar', dataLimit),
  };
}

async function readControl(file: string): Promise<ReadonlyMap<string, Buffer>> {
  const members = new Map<string, Buffer>();
  let name: string | undefined;
  let parts: Buffer[] = [];
  const reader = new TarReader({
    entry(entry) {
      name = entry.type === 'file' ? entry.name.toString('utf8').replace(/^\.\//, '') : undefined;
      parts = [];
    },
    data: (chunk) => parts.push(Buffer.from(chunk)),
    end() {
      if (name !== undefined) {
        members.set(name, Buffer.concat(parts));
      }
    },
  });
  for await (const chunk of readMember(file, 'control.tar', controlLimit)) {
    reader.write(chunk);
  }
  reader.finish();
  if (!members.has('control')) {
    throw malformed(file, 'has no control file');
  }
  return members;
}

async function* readMember(file: string, base: string, limit: number): AsyncGenerator<Buffer> {
  const member = await findMember(file, base);
  if (member.size === 0) {
    throw malformed(file, `has an empty ${member.name}`);
  }
  let size = 0;
  try {
    for await (const chunk of decoded(file, member, member.name.slice(base.length), limit)) {
      size += chunk.byteLength;
      if (size > limit) {
        throw malformed(file, `unpacks to more than ${limit} bytes`);
      }
      yield chunk;
    }
  } catch (error) {
    const known = error instanceof CooperError && (error.code === 'deb-malformed' || error.code === 'deb-unsupported');
    throw known ? error : malformed(file, `cannot be unpacked (${member.name})`, error);
  }
}

/** What dpkg-deb makes of members beside xz, by the end of their names: gzip, zstd (Ubuntu's packages), nothing. */
const packings: Readonly<Record<string, Packing>> = { '.gz': 'gzip', '.zst': 'zstd', '': 'plain' };

function decoded(file: string, member: ArMember, suffix: string, limit: number): AsyncIterable<Buffer> {
  if (suffix === '.xz') return decodeXz(pieces(file, member), limit);
  const packing = packings[suffix];
  if (packing === undefined) {
    throw new CooperError('deb-unsupported', { what: `${file} is packed with ${suffix.slice(1)}` });
  }
  const { offset, size } = member;
  return unpacked(file, limit, { start: offset, end: offset + size, packing });
}

const pieceSize = 256 * 1024;

/** The bytes of a member; each piece is valid until the next one is asked for. */
function* pieces(file: string, { offset, size }: ArMember): Generator<Buffer> {
  const piece = Buffer.allocUnsafeSlow(Math.min(pieceSize, size));
  const fd = openSync(file, 'r');
  try {
    for (let at = 0; at < size; ) {
      const count = readSync(fd, piece, 0, Math.min(piece.length, size - at), offset + at);
      if (count === 0) return;
      at += count;
      yield piece.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

/** `debian-binary` of version 2 first, control.tar second, data.tar third; members that begin with `_` are for others. */
async function findMember(file: string, base: string): Promise<ArMember> {
  const handle = await open(file, 'r');
  try {
    const members = (await readArMembers(handle)).filter(({ name }) => !name.startsWith('_'));
    const [version, control, data] = members;
    if (version?.name !== 'debian-binary' || !isArchive(control, 'control') || !isArchive(data, 'data')) {
      throw malformed(file, `has the members ${members.map(({ name }) => name).join(', ')}`);
    }
    const format = Buffer.alloc(Math.min(version.size, 16));
    await handle.read(format, 0, format.length, version.offset);
    if (!/^2\.\d+\n/.test(format.toString('latin1'))) {
      throw malformed(file, 'is not of format 2');
    }
    return base === 'data.tar' ? data : control;
  } catch (error) {
    throw error instanceof SyntaxError ? malformed(file, error.message, error) : error;
  } finally {
    await handle.close();
  }
}

function isArchive(member: ArMember | undefined, name: string): member is ArMember {
  return member?.name.startsWith(`${name}.tar`) === true;
}

function malformed(file: string, problem: string, cause?: unknown): CooperError {
  return new CooperError('deb-malformed', { what: `${file} ${problem}`, cause });
}
