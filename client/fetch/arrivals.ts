// How many of so many have come, for somebody who wants to keep up: each time it is asked for, the newest count.

/** Counts that only grow, up to `total`; one reader. */
export class Arrivals implements AsyncIterable<number> {
  readonly #total: number;
  #count: number;
  #wake: () => void = () => undefined;

  constructor(total: number, count = 0) {
    this.#total = total;
    this.#count = count;
  }

  /** There are so many now. */
  reach(count: number): void {
    this.#count = count;
    this.#wake();
  }

  /** Ends with `total`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    for (let told = 0; told < this.#total; ) {
      if (this.#count > told) {
        told = this.#count;
        yield told;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
