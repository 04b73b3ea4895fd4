// How much of many files is there, while several come at once. Pure.

import type { FileDigest } from '../../keys/index.ts';
import type { FetchProgress } from './kind.ts';

/** Sums up bytes of many files; a file that begins anew makes the sum smaller. */
export class SummedProgress<Item extends { readonly digest: FileDigest }> {
  readonly #total: number;
  readonly #report: FetchProgress;
  readonly #done = new Map<Item, number>();
  #sum = 0;

  constructor(items: readonly Item[], report: FetchProgress) {
    this.#total = items.reduce((sum, item) => sum + item.digest.size, 0);
    this.#report = report;
  }

  /** So many bytes of one of the items are there. */
  set(item: Item, bytes: number): void {
    this.#sum += bytes - (this.#done.get(item) ?? 0);
    this.#done.set(item, bytes);
    this.#report(this.#sum, this.#total, 'bytes');
  }
}
