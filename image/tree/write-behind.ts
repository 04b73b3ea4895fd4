// Writes a tree behind the reader of its archive: files and links are placed on another thread while the next ones are read, everything
// else by a TreeWriter when they are done. Only for writers with `refuse-symlinks`: what is late can then lead no name elsewhere.

import { awaitPlaced, beginPlacing, type PlaceOrder, type RunningBatch } from '../../native/place.ts';
import type { TarEntry } from '../tar/entry.ts';
import type { TarHandler } from '../tar/reader.ts';
import type { TreeWriter } from './write.ts';

/** A file that came in one piece, or a link, and how the other thread makes it. */
interface Placement {
  readonly entry: TarEntry;
  readonly order: PlaceOrder;
}

/** What the other thread is at. */
interface Running {
  readonly batch: RunningBatch;
  readonly placements: readonly Placement[];
  readonly memory: Buffer;
}

/** Placements handed over at once: their names are no more than some hundred kilobytes. */
const mostAtOnce = 1000;

const noData = Buffer.alloc(0);

/**
 * One at a time in a process. Whoever feeds the reader calls `handOver` after each piece of the archive, and keeps a piece as it is
 * until that was called for the next one too. All methods throw what the methods of the writer do, also late, for entries before.
 */
export class BehindWriter implements TarHandler {
  readonly #writer: TreeWriter;
  #next: Placement[] = [];
  /** Where all data of their files lies. */
  #memory: ArrayBufferLike | undefined;
  #running: Running | undefined;
  /** A file whose data is about to come. */
  #coming: Placement | undefined;

  constructor(writer: TreeWriter) {
    this.#writer = writer;
  }

  entry(entry: TarEntry): void {
    const place = isPlain(entry) ? this.#writer.placeOf(entry) : undefined;
    if (place === undefined) {
      this.#settle();
      this.#writer.entry(entry);
    } else if (entry.type === 'file') {
      this.#coming = {
        entry,
        order: { ...place, mode: entry.mode, mtime: entry.mtime, target: undefined, data: noData },
      };
    } else {
      this.#add({ entry, order: { ...place, mode: 0, mtime: entry.mtime, target: entry.linkName, data: noData } });
    }
  }

  data(chunk: Buffer): void {
    const coming = this.#coming;
    this.#coming = undefined;
    if (coming !== undefined && chunk.length === coming.entry.size) {
      this.#add({ ...coming, order: { ...coming.order, data: chunk } });
      return;
    }
    if (coming !== undefined) {
      this.#settle();
      this.#writer.entry(coming.entry);
    }
    this.#writer.data(chunk);
  }

  end(): void {
    if (this.#coming !== undefined) this.#add(this.#coming);
    this.#coming = undefined;
    this.#writer.end();
  }

  /** Waits for what was handed over before, and begins with what has come since. */
  handOver(): void {
    this.#await();
    const [placements, memory] = [this.#next, this.#memory];
    this.#next = [];
    this.#memory = undefined;
    if (placements.length > 0) this.#begin(placements, memory === undefined ? noData : Buffer.from(memory));
  }

  /** Completes the tree; called once, after the reader's `finish`. */
  finish(): void {
    this.#settle();
    this.#writer.finish();
  }

  /** Ends what is still open; harmless otherwise. */
  close(): void {
    if (this.#running !== undefined) awaitPlaced(this.#running.batch);
    this.#running = undefined;
    this.#writer.close();
  }

  #settle(): void {
    this.handOver();
    this.#await();
  }

  #add(placement: Placement): void {
    const { data } = placement.order;
    const memory = data.length === 0 ? this.#memory : data.buffer;
    const isElsewhere = this.#memory !== undefined && memory !== this.#memory;
    if (isElsewhere || this.#next.length === mostAtOnce) this.handOver();
    this.#memory = memory;
    this.#next.push(placement);
  }

  #begin(placements: readonly Placement[], memory: Buffer): void {
    const orders = placements.map(({ order }) => order);
    this.#running = { batch: beginPlacing(orders, memory), placements, memory };
  }

  /** What the other thread could not do is done here, where it is known what to do or to say; the rest goes on there. */
  #await(): void {
    while (this.#running !== undefined) {
      const { batch, placements, memory } = this.#running;
      const done = awaitPlaced(batch);
      this.#running = undefined;
      const [failed, ...rest] = placements.slice(done);
      if (failed === undefined) return;
      this.#writer.entry(failed.entry);
      this.#writer.data(failed.order.data);
      this.#writer.end();
      if (rest.length > 0) this.#begin(rest, memory);
    }
  }
}

function isPlain({ type, xattrs }: TarEntry): boolean {
  return (type === 'file' || type === 'symlink') && xattrs.size === 0;
}
