// A file that stands beside a definition and is copied into images byte for byte. Its size and digest are part of what an
// image is made of; where it lies on this machine is not, and therefore shows in no serialised form.

/** Made by trees.ts, which has read it. */
export class BesideFile {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly #place: { readonly folder: string; readonly file: string };

  constructor(place: { readonly folder: string; readonly file: string }, size: number, sha256: string) {
    this.#place = Object.freeze({ ...place });
    this.size = size;
    this.sha256 = sha256;
  }

  /** Absolute paths on this machine: the folder of the definition and the file in it, without symbolic links. */
  place(): { readonly folder: string; readonly file: string } {
    return this.#place;
  }
}
