// Who owns the files of a root: what whoever installed them tells the packer, which knows no package format.

/** A package with its files. Several packages may have one directory. */
export interface Owner {
  /** Place of the package's layer in the chain of variants, from 0. */
  readonly layer: number;
  /** What is updated as a whole: the source package. */
  readonly source: string;
  readonly package: string;
  /** Relative to the root, one character for each byte, no leading or trailing slash; through no symbolic link. */
  readonly paths: readonly string[];
}
