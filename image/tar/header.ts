// The tar header codec: what is written, and beside it how it is read. Writes POSIX ustar, with a pax header only where
// ustar cannot say it; reads V7, ustar, GNU and pax. Refuses what would have to be guessed.

import { CooperError } from '../../errors/index.ts';
import { type EntryType, mostDevice, mostOwner, type TarEntry } from './entry.ts';
import { field, octalLimit, putOctal, readBytes, readNumber } from './fields.ts';
import { encodePaxRecords, formatPaxTime, type PaxRecords, paxNumber, paxTime, xattrKeyword, xattrsOf } from './pax.ts';

/** Size of a header block and unit of padding, in bytes. */
export const blockSize = 512;

/** Two zero blocks: what a complete archive ends with. */
export const endOfArchive = Buffer.alloc(2 * blockSize);

/** Number of zero bytes after `size` bytes of data. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

const typeFlags: Record<EntryType, string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
const typesByFlag = new Map<string, EntryType>([
  ...Object.entries(typeFlags).map(([type, flag]): [string, EntryType] => [flag, type as EntryType]),
  ['\0', 'file'],
  ['7', 'file'],
]);
// Some systems still keep 32-bit times: later ones also get a pax record.
const lastShortTime = 2 ** 31 - 1;
const noRecords: PaxRecords = new Map();

/** Encodes an entry: its header block, before it a pax header when ustar alone cannot carry it. */
export function encodeHeader(entry: TarEntry): Buffer {
  const name = entry.type === 'directory' ? Buffer.concat([entry.name, Buffer.from('/')]) : entry.name;
  const split = splitName(name);
  const records = neededRecords(entry, name, split !== undefined);
  const block = encodeBlock(typeFlags[entry.type], split ?? { prefix: Buffer.alloc(0), name }, entry);
  if (records.size === 0) return block;
  const data = encodePaxRecords(records);
  const head = encodeBlock('x', { prefix: Buffer.alloc(0), name: Buffer.from('./@PaxHeader') }, { size: data.length });
  return Buffer.concat([head, data, Buffer.alloc(paddingOf(data.length)), block]);
}

/** A decoded header block, before pax records and GNU long names are applied. */
export interface RawHeader {
  readonly flag: string;
  readonly size: number;
  readonly block: Buffer;
}

/** Reads kind and size of a header block. Throws `archive-corrupt` when its checksum is wrong. */
export function decodeHeader(block: Buffer): RawHeader {
  const stored = readNumber(block, field.checksum);
  if (stored !== checksum(block, false) && stored !== checksum(block, true)) {
    throw new CooperError('archive-corrupt', { what: 'a header of the archive has a wrong checksum' });
  }
  return {
    flag: block.toString('latin1', field.type.at, field.type.at + 1),
    size: readNumber(block, field.size),
    block,
  };
}

/** What was said about an entry before its own header: pax records, GNU long names. */
export interface Extension {
  readonly records?: PaxRecords;
  readonly longName?: Buffer | undefined;
  readonly longLink?: Buffer | undefined;
}

/** Makes the entry of a header block. Throws `archive-corrupt` or `archive-unsupported`. */
export function decodeEntry({ flag, size: shortSize, block }: RawHeader, extension: Extension = {}): TarEntry {
  const records = extension.records ?? noRecords;
  refuseSparse(records);
  const fullName = filled(records.get('path')) ?? extension.longName ?? plainName(block);
  const known = typesByFlag.get(flag);
  if (known === undefined) throw unsupported(flag);
  const type = known === 'file' && fullName.at(-1) === 0x2f ? 'directory' : known;
  const linked = type === 'hardlink' || type === 'symlink';
  const linkName = filled(records.get('linkpath')) ?? extension.longLink ?? readBytes(block, field.linkName);
  const device = type === 'character' || type === 'block';
  const entry: TarEntry = {
    name: cleanName(fullName, type),
    type,
    mode: readNumber(block, field.mode) & 0o7777,
    uid: paxNumber(records, 'uid') ?? readNumber(block, field.uid),
    gid: paxNumber(records, 'gid') ?? readNumber(block, field.gid),
    size: paxNumber(records, 'size') ?? shortSize,
    mtime: paxTime(records, 'mtime') ?? { seconds: readNumber(block, field.mtime), nanoseconds: 0 },
    linkName: linked ? cleanName(linkName, type) : Buffer.alloc(0),
    xattrs: xattrsOf(records),
    ...(device ? { device: { major: readNumber(block, field.major), minor: readNumber(block, field.minor) } } : {}),
  };
  refuseNonsense(entry);
  return entry;
}

function unsupported(flag: string): CooperError {
  const kind = { S: 'a sparse file', M: 'a part of a file of another volume', D: 'a directory dump' }[flag];
  const what = `the archive has ${kind ?? `an entry of the unknown kind ${JSON.stringify(flag)}`}`;
  return new CooperError('archive-unsupported', { what });
}

function neededRecords(entry: TarEntry, name: Buffer, nameFits: boolean): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  const add = (key: string, value: string) => records.set(key, Buffer.from(value));
  if (!nameFits) records.set('path', name);
  if (entry.linkName.length > field.linkName.length || !isPlain(entry.linkName))
    records.set('linkpath', entry.linkName);
  if (entry.uid > octalLimit(field.uid)) add('uid', String(entry.uid));
  if (entry.gid > octalLimit(field.gid)) add('gid', String(entry.gid));
  if (entry.size > octalLimit(field.size)) add('size', String(entry.size));
  const { seconds, nanoseconds } = entry.mtime;
  if (seconds < 0 || seconds > lastShortTime || nanoseconds !== 0) add('mtime', formatPaxTime(entry.mtime));
  for (const key of [...entry.xattrs.keys()].sort()) {
    records.set(xattrKeyword(key), entry.xattrs.get(key) ?? Buffer.alloc(0));
  }
  return records;
}

interface SplitName {
  readonly prefix: Buffer;
  readonly name: Buffer;
}

// ustar joins prefix and name with a slash; undefined when the name needs a pax record.
function splitName(name: Buffer): SplitName | undefined {
  if (!isPlain(name)) return undefined;
  if (name.length <= field.name.length) return { prefix: Buffer.alloc(0), name };
  const slash = name.indexOf(0x2f, name.length - field.name.length - 1);
  if (slash <= 0 || slash > field.prefix.length || slash === name.length - 1) return undefined;
  return { prefix: name.subarray(0, slash), name: name.subarray(slash + 1) };
}

function isPlain(name: Buffer): boolean {
  // A loop: a call for each byte of each name is felt.
  for (let at = 0; at < name.length; at += 1) if ((name[at] ?? 0) >= 0x80) return false;
  return true;
}

type BlockFields = { readonly size: number } & Partial<TarEntry>;

function encodeBlock(flag: string, { prefix, name }: SplitName, entry: BlockFields): Buffer {
  const block = Buffer.alloc(blockSize);
  name.copy(block, field.name.at, 0, field.name.length);
  prefix.copy(block, field.prefix.at);
  const put = (where: { at: number; length: number }, value: number) =>
    putOctal(block, where, value >= 0 && value <= octalLimit(where) ? value : 0);
  put(field.mode, entry.mode ?? 0o644);
  put(field.uid, entry.uid ?? 0);
  put(field.gid, entry.gid ?? 0);
  put(field.size, entry.size);
  put(field.mtime, entry.mtime?.seconds ?? 0);
  block.write(flag, field.type.at, 'latin1');
  entry.linkName?.copy(block, field.linkName.at, 0, field.linkName.length);
  block.write('ustar\x0000', field.magic.at, 'latin1');
  put(field.major, entry.device?.major ?? 0);
  put(field.minor, entry.device?.minor ?? 0);
  block.write(`${checksum(block, false).toString(8).padStart(6, '0')}\0 `, field.checksum.at, 'latin1');
  return block;
}

// Sum of all bytes with the checksum itself counted as spaces; some old writers summed signed bytes.
function checksum(block: Buffer, signed: boolean): number {
  const { at: start, length } = field.checksum;
  let sum = length * 0x20;
  for (let at = 0; at < start; at += 1) sum += counted(block[at] ?? 0, signed);
  for (let at = start + length; at < blockSize; at += 1) sum += counted(block[at] ?? 0, signed);
  return sum;
}

function counted(byte: number, signed: boolean): number {
  return signed && byte > 127 ? byte - 256 : byte;
}

// Only POSIX ustar has a prefix: GNU keeps other times there, V7 nothing.
function plainName(block: Buffer): Buffer {
  const name = readBytes(block, field.name);
  if (block.toString('latin1', field.magic.at, field.magic.at + 6) !== 'ustar\0') return name;
  const prefix = readBytes(block, field.prefix);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

// The entry outlives the block that it was read from, so the bytes are copied.
function cleanName(name: Buffer, type: EntryType): Buffer {
  let end = name.length;
  if (type === 'directory') while (end > 1 && name[end - 1] === 0x2f) end -= 1;
  return Buffer.from(name.subarray(0, end));
}

function filled(value: Buffer | undefined): Buffer | undefined {
  return value === undefined || value.length === 0 ? undefined : value;
}

function refuseSparse(records: PaxRecords): void {
  for (const key of records.keys()) if (key.startsWith('GNU.sparse.')) throw unsupported('S');
}

// Readers disagree on the data of such entries, so an archive with them means different things to different tools.
function refuseNonsense(entry: TarEntry): void {
  const shown = JSON.stringify(entry.name.toString());
  const refuse = (why: string) => new CooperError('archive-corrupt', { what: `the archive's entry ${shown} ${why}` });
  if (entry.name.length === 0) throw refuse('has no name');
  if (entry.name.includes(0) || entry.linkName.includes(0)) throw refuse('has a NUL in its name');
  if (entry.size < 0) throw refuse('has a negative size');
  if (entry.type !== 'file' && entry.size > 0) throw refuse(`has data although it is a ${entry.type}`);
  if (![entry.uid, entry.gid].every((id) => id >= 0 && id <= mostOwner)) throw refuse('has an owner that cannot be');
  const { major, minor } = entry.device ?? { major: 0, minor: 0 };
  if (major < 0 || major > mostDevice.major || minor < 0 || minor > mostDevice.minor)
    throw refuse(`is the device ${major}:${minor}, which cannot be`);
  const linked = entry.type === 'hardlink' || entry.type === 'symlink';
  if (linked && entry.linkName.length === 0) throw refuse('is a link to nothing');
}
