// Reads a tar archive that is pushed in piece by piece and tells a handler what it finds; nothing is buffered but
// headers. Refuses oversized headers, archives without their end, and anything after it.

import { CooperError } from '../../errors/index.ts';
import type { TarEntry } from './entry.ts';
import { blockSize, decodeEntry, decodeHeader, endOfArchive, paddingOf, type RawHeader } from './header.ts';
import { decodePaxRecords, type PaxRecords } from './pax.ts';

/** Receives the entries in order: `entry`, its data in pieces (files only), `end`. May throw: the reader stops. */
export interface TarHandler {
  entry(entry: TarEntry): void;
  /** A view of the caller's chunk, valid only during the call; the pieces of a file add up to its size. */
  data(chunk: Buffer): void;
  end(): void;
}

/** Bounds of what a reader takes. */
export interface TarLimits {
  /** Bytes of one pax header or GNU long name, and of all global headers together. */
  readonly headerBytes: number;
  /** Number of entries. */
  readonly entries: number;
  /** Bytes of the names, links and attributes of all entries together: readers keep those of folders, or of all, in memory. */
  readonly namesBytes: number;
}

/** 1 MiB a header (Linux allows 64 KiB an attribute); several times what the largest desktops need of entries and names. */
export const defaultTarLimits: TarLimits = {
  headerBytes: 1024 * 1024,
  entries: 2_000_000,
  namesBytes: 256 * 1024 * 1024,
};

// Every entry takes them all over: a great many would make each of its entries dear.
const mostGlobals = 64;

const nothing = Buffer.alloc(0);
const zeroBlock = endOfArchive.subarray(0, blockSize);

type State = 'header' | 'data' | 'extension' | 'padding' | 'second-zero' | 'ended';

/** A push parser; after an error it must not be used any further. Errors: `archive-corrupt`, `archive-unsupported`. */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #limits: TarLimits;
  #state: State = 'header';
  /** Bytes still wanted in the states data, extension and padding. */
  #left = 0;
  #padding = 0;
  #position = 0;
  #entries = 0;
  #namesBytes = 0;
  readonly #block = Buffer.alloc(blockSize);
  #blockFill = 0;
  #extension = nothing;
  #extensionFlag = '';
  #globals: PaxRecords = new Map();
  #globalBytes = 0;
  #records: PaxRecords | undefined;
  #longName: Buffer | undefined;
  #longLink: Buffer | undefined;

  constructor(handler: TarHandler, limits: TarLimits = defaultTarLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Takes the next bytes of the archive. */
  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const taken = this.#take(chunk.subarray(at));
      at += taken;
      this.#position += taken;
    }
  }

  /** Says that no more bytes come. Throws `archive-corrupt` unless the end of the archive was seen. */
  finish(): void {
    if (this.#state !== 'ended') throw this.#corrupt('ends before its end-of-archive mark');
  }

  #take(bytes: Buffer): number {
    switch (this.#state) {
      case 'data':
        return this.#takeData(bytes);
      case 'extension':
        return this.#takeExtension(bytes);
      case 'padding':
        return this.#takePadding(bytes);
      case 'ended':
        if (bytes.some((byte) => byte !== 0)) throw this.#corrupt('goes on after its end-of-archive mark');
        return bytes.length;
      default:
        return this.#takeBlock(bytes);
    }
  }

  #takeData(bytes: Buffer): number {
    const piece = bytes.subarray(0, this.#left);
    this.#handler.data(piece);
    this.#left -= piece.length;
    if (this.#left === 0) this.#endData();
    return piece.length;
  }

  #endData(): void {
    this.#handler.end();
    this.#pad();
  }

  #pad(): void {
    this.#left = this.#padding;
    this.#state = this.#left === 0 ? 'header' : 'padding';
  }

  #takePadding(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#left);
    this.#left -= taken;
    if (this.#left === 0) this.#state = 'header';
    return taken;
  }

  #takeExtension(bytes: Buffer): number {
    const piece = bytes.subarray(0, this.#left);
    piece.copy(this.#extension, this.#extension.length - this.#left);
    this.#left -= piece.length;
    if (this.#left === 0) this.#endExtension();
    return piece.length;
  }

  #takeBlock(bytes: Buffer): number {
    if (this.#blockFill === 0 && bytes.length >= blockSize) {
      this.#useBlock(bytes.subarray(0, blockSize));
      return blockSize;
    }
    const taken = bytes.copy(this.#block, this.#blockFill, 0, blockSize - this.#blockFill);
    this.#blockFill += taken;
    if (this.#blockFill === blockSize) {
      this.#blockFill = 0;
      this.#useBlock(this.#block);
    }
    return taken;
  }

  #useBlock(block: Buffer): void {
    const zero = block.equals(zeroBlock);
    if (this.#state === 'second-zero') {
      if (!zero) throw this.#corrupt('has a lone zero block');
      this.#state = 'ended';
    } else if (zero) {
      if (this.#hasExtension()) throw this.#corrupt('ends after an extended header');
      this.#state = 'second-zero';
    } else {
      this.#useHeader(decodeHeader(block));
    }
  }

  #useHeader(raw: RawHeader): void {
    if ('xgLK'.includes(raw.flag)) this.#beginExtension(raw);
    // A volume label ('V') names the archive and nothing in it.
    else if (raw.flag !== 'V') this.#beginEntry(raw);
  }

  #beginEntry(raw: RawHeader): void {
    const entry = decodeEntry(raw, {
      records: this.#recordsOfEntry(),
      longName: this.#longName,
      longLink: this.#longLink,
    });
    this.#records = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#count(entry);
    this.#padding = paddingOf(entry.size);
    this.#left = entry.size;
    this.#handler.entry(entry);
    if (entry.size > 0) this.#state = 'data';
    else this.#endData();
  }

  #count({ name, linkName, xattrs }: TarEntry): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) throw this.#corrupt(`has more than ${this.#limits.entries} entries`);
    this.#namesBytes += name.length + linkName.length;
    for (const [key, value] of xattrs) this.#namesBytes += key.length + value.length;
    if (this.#namesBytes > this.#limits.namesBytes) {
      throw this.#corrupt(`has names and attributes of more than ${this.#limits.namesBytes} bytes`);
    }
  }

  #recordsOfEntry(): PaxRecords {
    if (this.#globals.size === 0) return this.#records ?? this.#globals;
    return new Map([...this.#globals, ...(this.#records ?? [])]);
  }

  #hasExtension(): boolean {
    return (this.#records ?? this.#longName ?? this.#longLink) !== undefined;
  }

  #beginExtension({ flag, size }: RawHeader): void {
    if (size < 0 || size > this.#limits.headerBytes) {
      throw this.#corrupt(`has an extended header of ${size} bytes, more than ${this.#limits.headerBytes}`);
    }
    this.#extension = Buffer.alloc(size);
    this.#extensionFlag = flag;
    this.#padding = paddingOf(size);
    this.#left = size;
    this.#state = 'extension';
    if (size === 0) this.#endExtension();
  }

  #endExtension(): void {
    const data = this.#extension;
    this.#extension = nothing;
    if (this.#extensionFlag === 'x') this.#records = decodePaxRecords(data);
    else if (this.#extensionFlag === 'g') this.#addGlobals(data);
    else {
      const end = data.indexOf(0);
      const name = end < 0 ? data : data.subarray(0, end);
      if (this.#extensionFlag === 'L') this.#longName = name;
      else this.#longLink = name;
    }
    this.#pad();
  }

  // Global headers add up: their limit holds for all of them together.
  #addGlobals(data: Buffer): void {
    this.#globalBytes += data.length;
    if (this.#globalBytes > this.#limits.headerBytes) throw this.#corrupt('has too much in global headers');
    this.#globals = new Map([...this.#globals, ...decodePaxRecords(data)]);
    if (this.#globals.size > mostGlobals) throw this.#corrupt('has too much in global headers');
  }

  #corrupt(why: string): CooperError {
    return new CooperError('archive-corrupt', { what: `the archive ${why} (at byte ${this.#position})` });
  }
}
