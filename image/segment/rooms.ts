// Memory that is used again. Fresh memory for every piece of an archive costs about as much as decoding it with zstd: the kernel
// has to clear each page, and the collector runs for every few pieces.

/** Bytes of free rooms that are kept: one for the largest piece. */
const mostFree = 32 * 2 ** 20;

/** Rooms are that many bytes or a multiple of it. */
const step = 2 ** 18;

/** Lends memory. One thread, no limit but what the borrowers have at once. */
export class Rooms {
  readonly #lent = new Set<ArrayBufferLike>();
  /** The smallest first. */
  readonly #free: ArrayBufferLike[] = [];
  #freeBytes = 0;

  /** Memory of that size, with anything in it. Never much more: large rooms would gather in the hands of small pieces. */
  readonly take = (size: number): Buffer => {
    const fitting = this.#free.findIndex(({ byteLength }) => byteLength >= size);
    const found = this.#free[fitting];
    const [room] = found === undefined || found.byteLength > size * 1.5 + step ? [] : this.#free.splice(fitting, 1);
    this.#freeBytes -= room?.byteLength ?? 0;
    const lent = room ?? Buffer.allocUnsafeSlow(Math.ceil(size / step) * step).buffer;
    this.#lent.add(lent);
    return Buffer.from(lent, 0, size);
  };

  /** Takes memory back, also a part of what was taken; whatever else is left alone. It must not be used any more. */
  readonly give = ({ buffer }: Buffer): void => {
    if (!this.#lent.delete(buffer)) return;
    const larger = this.#free.findIndex(({ byteLength }) => byteLength >= buffer.byteLength);
    this.#free.splice(larger < 0 ? this.#free.length : larger, 0, buffer);
    this.#freeBytes += buffer.byteLength;
    while (this.#freeBytes > mostFree) this.#freeBytes -= this.#free.shift()?.byteLength ?? 0;
  };
}
