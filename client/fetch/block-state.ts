// Which blocks of an archive are there and right, and which are still to be fetched. Pure but for what it tells.

import type { FilePiece } from '../../fetch/index.ts';
import type { SegmentPlace } from '../../image/index.ts';

/** Of one archive; begins with nothing. */
export class BlockState {
  readonly segments: readonly SegmentPlace[];
  readonly #there: boolean[];
  readonly #missing: FilePiece[];
  readonly #onLead: (count: number) => void;
  #lead = 0;

  /** `onLead` is told how many blocks are there from the first one on, each time it becomes more. */
  constructor(segments: readonly SegmentPlace[], onLead: (count: number) => void) {
    this.segments = segments;
    this.#there = segments.map(() => false);
    this.#missing = segments.map(({ block }) => block);
    this.#onLead = onLead;
  }

  /** Blocks that are not there, in the order of the file. */
  get missing(): readonly FilePiece[] {
    return this.#missing;
  }

  /** Bytes of blocks that are there. */
  get bytes(): number {
    return this.segments.reduce((sum, { block }, at) => sum + (this.#there[at] === true ? block.size : 0), 0);
  }

  isMissing(offset: number): boolean {
    return this.#missing.some((block) => offset >= block.offset && offset < block.offset + block.size);
  }

  /** The block at that place was written and is right. */
  arrived({ offset }: Pick<FilePiece, 'offset'>): void {
    const at = this.segments.findIndex(({ block }) => block.offset === offset);
    if (at < 0 || this.#there[at] === true) return;
    this.#there[at] = true;
    this.#missing.splice(
      this.#missing.findIndex((block) => block.offset === offset),
      1,
    );
    const before = this.#lead;
    while (this.#there[this.#lead] === true) this.#lead += 1;
    if (this.#lead > before) this.#onLead(this.#lead);
  }
}
