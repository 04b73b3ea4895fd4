// Places files and symbolic links on a thread of their own (native/sys/place.c), while this one goes on. One batch at a time in a process.

import { sysAddon, systemError } from './sys.ts';

/** What is to be made, where nothing is yet. */
export interface PlaceOrder {
  /** On the host; its folder is there, and nobody else changes it. */
  readonly path: Buffer;
  readonly uid: number;
  readonly gid: number;
  /** Of a file. */
  readonly mode: number;
  readonly mtime: { readonly seconds: number; readonly nanoseconds: number };
  /** Of a symbolic link; undefined: it is a file. */
  readonly target: Buffer | undefined;
  /** What is in a file. */
  readonly data: Buffer;
}

/** What the thread reads: to be kept until it is done. */
export type RunningBatch = readonly Buffer[];

/** Bytes of an order in the form of the C side (struct order). */
const orderSize = 48;

/**
 * Begins to place them, in their order, up to the first that fails. All data of files lies in `memory`. Every batch has to be waited for
 * with awaitPlaced before the next one.
 */
export function beginPlacing(orders: readonly PlaceOrder[], memory: Buffer): RunningBatch {
  const table = Buffer.alloc(orders.length * orderSize);
  const texts = Buffer.alloc(
    orders.reduce((sum, { path, target }) => sum + path.length + (target?.length ?? 0) + 2, 0),
  );
  let used = 0;
  // With a NUL behind it.
  const put = (text: Buffer): number => {
    const at = used;
    used += text.copy(texts, at) + 1;
    return at;
  };
  for (const [index, order] of orders.entries()) writeOrder(table.subarray(index * orderSize), order, put, memory);
  const outcome = sysAddon().place(table, texts, memory);
  if (outcome < 0) throw systemError(outcome, 'place');
  return [table, texts, memory];
}

function writeOrder(row: Buffer, order: PlaceOrder, put: (text: Buffer) => number, memory: Buffer): void {
  const { path, mode, uid, gid, mtime, target, data } = order;
  row.writeUInt32LE(target === undefined ? 0 : 1, 0);
  row.writeUInt32LE(mode, 4);
  row.writeUInt32LE(uid, 8);
  row.writeUInt32LE(gid, 12);
  row.writeBigInt64LE(BigInt(mtime.seconds), 16);
  row.writeUInt32LE(mtime.nanoseconds, 24);
  row.writeUInt32LE(put(path), 28);
  const place = data.length === 0 ? 0 : data.byteOffset - memory.byteOffset;
  row.writeDoubleLE(target === undefined ? place : put(target), 32);
  row.writeDoubleLE(data.length, 40);
}

/** Waits for the batch, and tells how many of its first orders are done. Something may be there of the one after them. */
export function awaitPlaced(_batch: RunningBatch): number {
  return sysAddon().placed();
}
