// The typed face of zstd.node: frames of the zstd that is compiled into it, made and read off the main thread. It
// knows nothing of files, and not what an error means to a user.

import { createRequire } from 'node:module';
import { nativeFile } from './package-root.ts';

const require = createRequire(import.meta.url);

/**
 * Frames of zstd (RFC 8878), each with the size and the checksum of its data. Both promises reject with an Error whose `code` is
 * ZSTD_DATA (no such frame), ZSTD_MEMORY, ZSTD_STOPPED or ZSTD_FAULT; buffers must not change meanwhile.
 */
export interface ZstdLibrary {
  /** `1.5.6`: another one may compress the same data to other bytes. */
  readonly version: string;
  /** One frame. Levels as the program zstd has them. Takes about 90 MiB at level 19; given up soon after `signal`. */
  compress(data: Buffer, level: number, signal?: AbortSignal): Promise<Buffer>;
  /**
   * Fills the room, which has the size of the data, from exactly one frame. Gives the SHA-256 of the data, undefined where this node
   * offers none to addons.
   */
  decompress(frame: Buffer, room: Buffer): Promise<Buffer | undefined>;
}

/** What zstd.node exports (native/zstd/addon.c). */
interface Addon {
  version(): string;
  bound(size: number): number;
  compress(input: Buffer, output: Buffer, level: number, stop: Buffer): Promise<number>;
  decompress(input: Buffer, output: Buffer, digest: Buffer): Promise<number>;
  hashes(): boolean;
}

/** Loads the addon. Throws what node says when it is not there. */
export function loadZstdLibrary(): ZstdLibrary {
  const addon = require(nativeFile('zstd.node')) as Addon;
  return {
    version: addon.version(),
    compress: (data, level, signal) => compress(addon, data, level, signal),
    decompress: (frame, room) => decompress(addon, frame, room),
  };
}

async function decompress(addon: Addon, frame: Buffer, room: Buffer): Promise<Buffer | undefined> {
  const digest = Buffer.alloc(32);
  await addon.decompress(frame, room, digest);
  return addon.hashes() ? digest : undefined;
}

async function compress(addon: Addon, data: Buffer, level: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const room = Buffer.allocUnsafeSlow(addon.bound(data.length));
  const stop = Buffer.alloc(1);
  const give = () => stop.fill(1);
  signal?.addEventListener('abort', give, { once: true });
  try {
    const size = await addon.compress(data, room, level, stop);
    return Buffer.from(room.subarray(0, size));
  } finally {
    signal?.removeEventListener('abort', give);
  }
}
