// What somebody wants done to the root of a container: plain data, in the order in which it is done.

import type { PackageChange } from './package-work.ts';
import type { CopySource, PlacedFile } from './placed-file.ts';

/** One thing to do. `shown`: the words of the command line, for people. */
export type ProvisionStep = { readonly shown: string } /** A file is placed, whole or not at all. */ & (
  | { readonly kind: 'file'; readonly file: Extract<PlacedFile, { readonly kind: 'copy' }> }
  /** A script of the caller's is run in the root. `interpreter`: the program and arguments before its name. */
  | { readonly kind: 'script'; readonly script: CopySource; readonly interpreter: readonly string[] }
  /** Packages are installed, taken away or brought up to date with the root's own package manager. */
  | { readonly kind: 'packages'; readonly change: PackageChange }
);
