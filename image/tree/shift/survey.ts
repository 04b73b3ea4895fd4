// Looks at a whole tree before anything of it is changed: writes down what every file is like and finds everything that stands
// against the change, all of it at once.

import { getPinned, listPinned, type Pinned, type PinnedStatus } from '../../../native/pinned.ts';
import { type BytePath, shownPath } from '../byte-path.ts';
import { holdsIds } from '../xattr-ids.ts';
import type { Before } from './journal.ts';
import { type MissingId, newAttribute, newId, type TreeIds } from './translation.ts';
import { isDirectory, isSymlink, type PinnedNode } from './walk.ts';

/** Some files of which a few are named. */
export interface Sample {
  readonly count: number;
  readonly first: readonly string[];
}

/** Ids that a map lacks, and whose they are. */
export type MissingOwner = MissingId & Sample;

/** What stands against the change. */
export interface Obstacles {
  readonly missing: readonly MissingOwner[];
  /** Immutable and append-only files. */
  readonly locked: Sample;
  /** Files that have further names outside of the tree. */
  readonly shared: Sample;
}

/** What there is. */
export interface Survey {
  /** By inode number: hard links are one file. */
  readonly files: ReadonlyMap<bigint, Before>;
  /** Files whose owner, group or attributes become others. */
  readonly changes: number;
  readonly obstacles: Obstacles;
}

const shownNames = 5;

class Collected implements Sample {
  count = 0;
  readonly first: string[] = [];

  add(path: BytePath): void {
    this.count += 1;
    if (this.first.length < shownNames) this.first.push(shownPath(path) || '.');
  }
}

/** Looks at what `nodes` yields; `onFile` is told how many files there were so far. */
export function surveyTree(
  nodes: Iterable<PinnedNode>,
  from: TreeIds,
  to: TreeIds,
  onFile: (count: number) => void,
): Survey {
  const files = new Map<bigint, Before>();
  const names = new Map<bigint, { path: BytePath; left: number }>();
  const missing = new Map<string, MissingId & { readonly sample: Collected }>();
  const locked = new Collected();
  const shared = new Collected();
  let changes = 0;

  const noting = (path: BytePath) => (kind: 'uid' | 'gid', id: number) => {
    const found = newId(kind, id, from, to);
    if (typeof found === 'number') return found;
    const key = `${kind} ${found.side} ${found.id}`;
    const entry = missing.get(key) ?? { ...found, sample: new Collected() };
    missing.set(key, entry);
    entry.sample.add(path);
    return id;
  };

  for (const { file, path, status } of nodes) {
    const { inode } = status;
    const known = names.get(inode);
    if (known !== undefined) known.left -= 1;
    if (files.has(inode)) continue;
    if (status.links > 1 && !isDirectory(status)) names.set(inode, { path, left: status.links - 1 });
    const before = beforeOf(file, status);
    files.set(inode, before);
    if (status.locked) locked.add(path);
    if (isChanged(before, noting(path), from)) changes += 1;
    onFile(files.size);
  }
  for (const { path, left } of names.values()) if (left > 0) shared.add(path);
  const lacking = [...missing.values()].map(({ sample, ...id }) => ({ ...id, ...shown(sample) }));
  return { files, changes, obstacles: { missing: lacking, locked: shown(locked), shared: shown(shared) } };
}

function beforeOf(file: Pinned, status: PinnedStatus): Before {
  const { born, mode, uid, gid } = status;
  const names = isSymlink(status) ? [] : listPinned(file).filter(holdsIds);
  return { born, mode, uid, gid, attributes: names.map((name) => [name, getPinned(file, name)] as const) };
}

function isChanged(
  { uid, gid, attributes }: Before,
  map: (kind: 'uid' | 'gid', id: number) => number,
  from: TreeIds,
): boolean {
  // All of them, so that every id that is missing is told.
  const owners = [map('uid', uid) !== uid, map('gid', gid) !== gid];
  const values = attributes.map(([name, value]) => !newAttribute(name, value, map, from).equals(value));
  return [...owners, ...values].includes(true);
}

function shown({ count, first }: Collected): Sample {
  return { count, first };
}
