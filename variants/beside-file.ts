// A file that stands beside a definition and is copied into images byte for byte. Its size and digest are part of what an
// image is made of; where it lies on this machine is not, and therefore shows in no serialised form.

/** Made by trees.ts, which has read it. */
export class BesideFile {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly #place: string;

  constructor(place: string, size: number, sha256: string) {
    this.#place = place;
    this.size = size;
    this.sha256 = sha256;
  }

  /** Its absolute path on this machine, without symbolic links. */
  place(): string {
    return this.#place;
  }
}
