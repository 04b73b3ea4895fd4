// Worker: changes a root, or looks at it, where the ids of the process are those of its files. Works only below the root that it
// is given.

import { lstatSync, unlinkSync } from 'node:fs';
import { walkInRoot } from '../native/in-root.ts';
import { serveWorker } from '../native/worker-main.ts';
import { lockAccounts } from './login/lock-accounts.ts';
import { placeFiles } from './place-files.ts';
import type { PlacedFile } from './placed-file.ts';
import { Root, shownPath, treePath } from './root.ts';
import { scrub, scrubLived } from './scrub.ts';

/** What is to be done in `root`, an absolute path. */
export type RootRequest = { readonly root: string } & (
  | { readonly action: 'place-files'; readonly files: readonly PlacedFile[]; readonly epoch: number }
  /** Leftovers of a build: logs, backups, identity of the machine, keys made by scripts. */
  | { readonly action: 'scrub' }
  /** The same, and all passwords. */
  | { readonly action: 'scrub-locked' }
  /** The same of a root that somebody else has made, and that may have run: what it has lived besides. */
  | { readonly action: 'scrub-foreign' }
  /** Where paths lead. */
  | { readonly action: 'look'; readonly paths: readonly string[] }
  /** Removes those of the paths that are empty files. */
  | { readonly action: 'tidy'; readonly paths: readonly string[] }
);

/** Where a path leads in a root: absolute in it, without links; also where nothing is there (yet). */
export interface Place {
  readonly path: string;
  readonly there: boolean;
}

/** A place for each path of `look`; nothing for the others. */
export type RootResponse = readonly Place[];

function change(request: RootRequest): RootResponse {
  if (request.action === 'look') return request.paths.map((path) => placeOf(new Root(request.root), path));
  if (request.action === 'place-files') placeFiles(request.root, request.files, request.epoch);
  if (request.action === 'scrub') scrub(request.root);
  if (request.action === 'scrub-locked') scrubLocked(request.root);
  if (request.action === 'scrub-foreign') scrubForeign(request.root);
  if (request.action === 'tidy') tidy(new Root(request.root), request.paths);
  return [];
}

function scrubLocked(root: string): void {
  scrub(root);
  lockAccounts(root);
}

function scrubForeign(root: string): void {
  scrubLived(root);
  lockAccounts(root);
}

function placeOf(root: Root, path: string): Place {
  let there = true;
  const look = {
    kindOf: (at: string) => root.kindOf(at),
    targetOf: (at: string) => root.targetOf(at),
    // What is missing is walked on through as if it were there.
    make: () => {
      there = false;
    },
  };
  const reached = walkInRoot(look, treePath(path), 'follow');
  return { path: `/${shownPath(reached.path)}`, there: there && reached.complete };
}

function tidy(root: Root, paths: readonly string[]): void {
  for (const path of paths) {
    const file = root.host(treePath(path));
    const status = lstatSync(file, { throwIfNoEntry: false });
    if (status?.isFile() && status.size === 0) unlinkSync(file);
  }
}

serveWorker<RootRequest, RootResponse>(change);
