// A folder that stands beside a definition and is read by digests that are known from elsewhere. Nothing of it is part of what an image
// is made of, nor where it lies, and therefore nothing shows in a serialised form.

import type { BesideFile } from './beside-file.ts';

/** Made of what trees.ts has read. */
export class BesideFolder {
  /** As the definition names it. */
  readonly name: string;
  readonly #files: ReadonlyMap<string, BesideFile>;

  /** `files`: by their path in the folder. */
  constructor(name: string, files: ReadonlyMap<string, BesideFile>) {
    this.name = name;
    this.#files = files;
  }

  /** The file at a path in it: `index.json`. */
  file(path: string): BesideFile | undefined {
    return this.#files.get(path);
  }
}
