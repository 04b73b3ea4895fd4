// Worker: makes a folder of a tree the tree: everything else goes away, and what is in the folder takes its place.

import { chmodSync, chownSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CooperError } from '../../../errors/index.ts';
import { type BytePath, bytePath, fsPath, joinPath } from '../../../image/tree/byte-path.ts';
import { serveWorker } from '../../../native/worker-main.ts';
import { Root } from '../../../provision/root.ts';

/** What the worker is asked. */
export interface PromoteRequest {
  readonly root: string;
  /** Absolute in the root. */
  readonly output: string;
}

function promote({ root, output }: PromoteRequest): null {
  const tree = new Root(root);
  const found = tree.find(output.slice(1), 'keep');
  if (found === undefined || tree.kindOf(found) !== 'directory' || readdirSync(tree.host(found)).length === 0) {
    throw new CooperError('template-failed', { what: `the template has left nothing in ${output}` });
  }
  const aside = mkdtempSync(join(root, '.template-'));
  renameSync(tree.host(found), join(aside, 'root'));
  for (const name of namesIn(bytePath(root))) {
    if (name === basename(aside)) continue;
    rmSync(fsPath(joinPath(bytePath(root), name)), { recursive: true, force: true });
  }
  const made = bytePath(join(aside, 'root'));
  const { uid, gid, mode } = lstatSync(fsPath(made));
  for (const name of namesIn(made)) renameSync(fsPath(joinPath(made, name)), fsPath(joinPath(bytePath(root), name)));
  rmdirSync(fsPath(made));
  emptyDev(tree);
  rmdirSync(aside);
  chownSync(root, uid, gid);
  chmodSync(root, mode & 0o7777);
  return null;
}

/** An image has nodes of its own there; what a script has made would be in the way of those of the next box. */
function emptyDev(tree: Root): void {
  if (tree.kindOf('dev') !== 'directory') return;
  for (const name of tree.namesIn('dev')) rmSync(tree.host(`dev/${name}`), { recursive: true, force: true });
}

/** Names are bytes. */
function namesIn(folder: BytePath): readonly BytePath[] {
  return readdirSync(fsPath(folder), 'latin1') as BytePath[];
}

serveWorker<PromoteRequest, null>(promote);
