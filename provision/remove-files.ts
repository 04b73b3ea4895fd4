// Removes what a path or a pattern means in a root, folders with all that is in them. Links on the way are followed inside the
// root, what they lead to at the end is not. Refuses the root itself and the paths that must never go.

import { rmSync } from 'node:fs';
import { CooperError, explainSystemError } from '../errors/index.ts';
import type { PlacedFile } from './placed-file.ts';
import { parentOf, type Root, shownPath, treePath } from './root.ts';

/** Removes; nothing there is fine. Throws `removal-refused` before anything is gone. */
export function removeFiles(root: Root, file: Extract<PlacedFile, { readonly kind: 'remove' }>): void {
  const never = new Set(['', ...file.never.map(treePath)]);
  const found = matches(root, treePath(file.path));
  const kept = found.find((path) => never.has(path));
  if (kept !== undefined) {
    const what = `${file.path} would remove /${shownPath(kept)}`;
    throw new CooperError('removal-refused', { what });
  }
  for (const path of found) {
    try {
      rmSync(root.host(path), { recursive: true, force: true });
    } catch (error) {
      throw explainSystemError(error, `removing /${shownPath(path)}`);
    }
    root.changed.add(parentOf(path));
  }
}

/** Real paths of what the pattern means, each once. */
function matches(root: Root, pattern: string): readonly string[] {
  const names = pattern.split('/');
  let directories = [''];
  for (const name of names.slice(0, -1)) {
    const next = directories
      .flatMap((directory) => named(root, directory, name))
      .map((path) => root.find(path, 'follow'));
    directories = next.filter((path) => path !== undefined).filter((path) => root.kindOf(path) === 'directory');
  }
  return [...new Set(directories.flatMap((directory) => named(root, directory, names.at(-1) ?? '')))];
}

/** Entries of a directory that a name means; `*` and `?` also stand for a leading dot. */
function named(root: Root, directory: string, name: string): readonly string[] {
  const at = (each: string) => (directory === '' ? each : `${directory}/${each}`);
  if (!/[*?]/.test(name)) return root.kindOf(at(name)) === 'missing' ? [] : [at(name)];
  const source = name.replaceAll(/[^*?]+|\*+|\?/g, (part) => {
    if (part.startsWith('*')) return '.*';
    return part === '?' ? '.' : part.replaceAll(/[\\^$.+()[\]{}|/]/g, '\\$&');
  });
  const expression = new RegExp(`^${source}$`, 's');
  return root
    .namesIn(directory)
    .filter((each) => expression.test(each))
    .map(at);
}
