// What can be placed in a root: plain data, as it is handed to the worker that does it.

/** A user and a group, by number or by a name that the root knows; those of the worker (0, in a box) when left out. */
export interface Ownership {
  readonly owner?: number | string;
  readonly group?: number | string;
}

/** A file of the host that becomes one of the root. `file`: absolute path; `size` in bytes; `name`: what people call it. */
export interface CopySource {
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly name: string;
}

/**
 * One change of a root; `path` is absolute in it. `text`: a file with that content, in UTF-8 unless it has
 * one character for each byte (`latin1`). `directory` with `keep`: one that is
 * there stays as it is. `link`: a symbolic one. `remove`: everything that is reached by names that the regular expressions
 * `names` mean, one for each name of the path; never what is at one of the paths `never`.
 */
export type PlacedFile =
  | ({
      readonly kind: 'text';
      readonly path: string;
      readonly content: string;
      readonly encoding?: 'latin1';
      readonly mode: number;
    } & Ownership)
  | ({ readonly kind: 'copy'; readonly path: string; readonly source: CopySource; readonly mode: number } & Ownership)
  | ({
      readonly kind: 'directory';
      readonly path: string;
      readonly mode: number;
      readonly existing: 'keep' | 'change';
    } & Ownership)
  | ({ readonly kind: 'link'; readonly path: string; readonly target: string } & Ownership)
  | {
      readonly kind: 'remove';
      readonly path: string;
      readonly names: readonly string[];
      readonly never: readonly string[];
    };
