// The terminal of a run, lent to a program inside a box: meanwhile the view draws nothing, and Ctrl-C is a key of that program
// instead of the end of the run.

import type { View } from './terminal.ts';

/** Who may use the terminal now. */
export class TerminalLoan {
  readonly #view: Pick<View, 'pause' | 'resume'>;
  /** Whether somebody can type: standard input and standard error are a terminal. */
  readonly interactive: boolean;
  #lent = 0;

  constructor(view: Pick<View, 'pause' | 'resume'>, interactive: boolean) {
    this.#view = view;
    this.interactive = interactive;
  }

  /** True while keys belong to somebody else. */
  get lent(): boolean {
    return this.#lent > 0;
  }

  /** Lends the terminal until the work has settled. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.#view.pause();
    this.#lent += 1;
    try {
      return await work();
    } finally {
      this.#lent -= 1;
      this.#view.resume();
    }
  }
}
