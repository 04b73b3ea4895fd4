// One zstd frame at a time, in memory and off the main thread, by the zstd that is compiled into Cooper: the same bytes on every
// host. Where the addon does not load there is no zstd, and rootfs.tar.xz is used.

import { CooperError } from '../../errors/index.ts';
import { type Sha256, sha256Of } from '../../keys/digest.ts';
import { loadZstdLibrary, type ZstdLibrary } from '../../native/zstd.ts';

let loaded: ZstdLibrary | undefined;

function library(): ZstdLibrary {
  if (process.env.COOPER_ZSTD === 'off') {
    throw new CooperError('zstd-unavailable', { what: 'COOPER_ZSTD is off', next: 'Unset COOPER_ZSTD' });
  }
  try {
    loaded ??= loadZstdLibrary();
    return loaded;
  } catch (cause) {
    throw new CooperError('zstd-unavailable', { what: 'native/bin/zstd.node cannot be loaded', cause });
  }
}

/**
 * Whether frames are made and read here. COOPER_ZSTD=off says no, for comparisons and for a machine whose addon is at fault; a
 * definition that asks for frames is then refused.
 */
export function hasZstd(): boolean {
  try {
    library();
    return true;
  } catch {
    return false;
  }
}

/**
 * What decides about the bytes of a frame beside its data: `zstd-1.5.6-19`. A name that can stand as a folder. Throws
 * `zstd-unavailable`.
 */
export function zstdEncoderName(level: number): string {
  return `zstd-${library().version}-${level}`.replaceAll(/[^a-z0-9.-]/gi, '_');
}

/**
 * Compresses into one frame with the size and the checksum of its data. Takes one of libuv's threads and, at level 19, some
 * 90 MiB; `data` must not change meanwhile. Throws `zstd-unavailable`, and the reason of `signal` soon after it was given.
 */
export async function encodeFrame(data: Buffer, level: number, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  try {
    return await library().compress(data, level, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Data that were compressed. */
export interface Decoded {
  readonly data: Buffer;
  readonly sha256: Sha256;
}

/**
 * The data of a frame, and their SHA-256. Throws `archive-corrupt` unless there is exactly one frame with so many bytes of data and its checksum, which
 * ours have, is right; `zstd-unavailable`. The data are in memory that `take` gives.
 */
export async function decodeFrame(
  frame: Buffer,
  size: number,
  take: (size: number) => Buffer = Buffer.allocUnsafeSlow,
): Promise<Decoded> {
  const room = take(size);
  try {
    const digest = await library().decompress(frame, room);
    return { data: room, sha256: digest === undefined ? sha256Of(room) : (digest.toString('hex') as Sha256) };
  } catch (error) {
    throw explained(error, size);
  }
}

function explained(error: unknown, size: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ZSTD_MEMORY') {
    return new CooperError('archive-too-large', {
      what: 'there is not enough memory to decompress zstd',
      cause: error,
    });
  }
  if (code !== 'ZSTD_DATA') return error;
  return new CooperError('archive-corrupt', {
    what: `damaged zstd data: it is not a whole frame with ${size} bytes of data`,
    cause: error,
  });
}
