// The fast xz engine: the system's liblzma through Cooper's own addon, which is there when its header was there at
// compile time. Output comes in parts of bounded size, however far a few bytes expand.

import type { XzCoder, XzLibrary } from '../../native/xz.ts';
import { type ByteCoder, CoderStream } from './coder-stream.ts';
import { decodeFailure, memoryLimit, type TakeRoom, tooLarge, type XzEngine, xzBlockSize } from './engine.ts';

/** Bytes that one step gives at most, unless told otherwise. */
const usualRoom = 256 * 1024;

/** Below this much room a step is not worth it. */
const leastRoom = 64 * 1024;

/** Room for one part while the reader works on another. */
const waiting = 2 * usualRoom;

const nothing: Buffer = Buffer.alloc(0);

/** The addon as an engine. */
export function liblzmaEngine(library: XzLibrary): XzEngine {
  return {
    liblzmaVersion: () => library.version,
    createEncoder({ preset, threads }) {
      const coder = library.createEncoder({ preset, threads, blockSize: xzBlockSize });
      return new CoderStream(new LzmaCoder(coder, Number.POSITIVE_INFINITY, (error) => error), waiting);
    },
    openBlockEncoder({ preset, filter }) {
      const coder = library.createBlockEncoder({ preset, x86: filter === 'x86' });
      return new LzmaCoder(coder, Number.POSITIVE_INFINITY, (error) => error);
    },
    createDecoder: (limit) => new CoderStream(openDecoder(library, limit), waiting),
    openDecoder: (limit) => openDecoder(library, limit, { reuse: true }),
    // Room that is left over, so that a full one never has to be told from one that is too small.
    openWholeDecoder: (size, take) => openDecoder(library, size, { roomSize: size + leastRoom, ...(take && { take }) }),
  };
}

function openDecoder(library: XzLibrary, limit: number, output: CoderOutput = {}): LzmaCoder {
  const coder = library.createDecoder(memoryLimit);
  return new LzmaCoder(coder, limit, (error) => decodeFailure(codeOf(error), error), output);
}

/** Where the parts go. */
interface CoderOutput {
  /** Every part is in the same memory. Fresh memory for each costs as much as a tenth of the decoding. */
  readonly reuse?: boolean;
  /** Bytes that one step gives at most. */
  readonly roomSize?: number;
  /** From where rooms come. */
  readonly take?: TakeRoom;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Makes steps of chunks. */
class LzmaCoder implements ByteCoder {
  readonly #coder: XzCoder;
  readonly #limit: number;
  readonly #explain: (error: unknown) => unknown;
  readonly #output: Required<CoderOutput>;
  #whole = nothing;
  #room = nothing;
  #size = 0;

  constructor(coder: XzCoder, limit: number, explain: (error: unknown) => unknown, output: CoderOutput = {}) {
    this.#coder = coder;
    this.#limit = limit;
    this.#explain = explain;
    this.#output = { reuse: false, roomSize: usualRoom, take: Buffer.allocUnsafeSlow, ...output };
  }

  async *feed(input: Buffer): AsyncGenerator<Buffer> {
    let rest = input;
    // A full room may hide output that is ready without further input.
    for (let full = false; rest.length > 0 || full; ) {
      const { consumed, part } = await this.#step(rest, false);
      rest = rest.subarray(consumed);
      full = this.#room.length === 0;
      if (part.length > 0) yield part;
    }
  }

  async *end(): AsyncGenerator<Buffer> {
    for (let ended = false; !ended; ) {
      const { finished, part } = await this.#step(nothing, true);
      ended = finished;
      if (part.length > 0) yield part;
    }
  }

  close(): Promise<void> {
    return this.#coder.close();
  }

  async #step(input: Buffer, end: boolean): Promise<{ consumed: number; finished: boolean; part: Buffer }> {
    if (this.#output.reuse && this.#whole.length > 0) this.#room = this.#whole;
    if (this.#room.length < leastRoom) {
      this.#room = this.#output.take(this.#output.roomSize);
      this.#whole = this.#room;
    }
    const room = this.#room;
    const { consumed, produced, finished } = await this.#coder.step(input, room, end).catch((error: unknown) => {
      throw this.#explain(error);
    });
    this.#size += produced;
    if (this.#size > this.#limit) throw tooLarge(this.#limit);
    this.#room = room.subarray(produced);
    return { consumed, finished, part: room.subarray(0, produced) };
  }
}
