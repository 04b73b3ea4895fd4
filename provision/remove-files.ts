// Removes what a path or a pattern means in a root, folders with all that is in them. Links on the way are followed inside the
// root, what they lead to at the end is not. Refuses the root itself and the paths that must never go.

import { rmSync } from 'node:fs';
import { CooperError, explainSystemError } from '../errors/index.ts';
import type { PlacedFile } from './placed-file.ts';
import { byteString, parentOf, type Root, shownPath, treePath } from './root.ts';

/** Removes; nothing there is fine. Throws `removal-refused` before anything is gone. */
export function removeFiles(root: Root, file: Extract<PlacedFile, { readonly kind: 'remove' }>): void {
  const never = new Set(['', ...file.never.map(treePath)]);
  const found = matches(root, file.names);
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

/** Real paths of what is reached by such names, each once. */
function matches(root: Root, patterns: readonly string[]): readonly string[] {
  let found = [''];
  for (const [depth, pattern] of patterns.entries()) {
    const directories = depth === 0 ? found : found.map((path) => root.find(path, 'follow'));
    const expression = new RegExp(byteString(pattern), 's');
    found = directories
      .filter((path) => path !== undefined)
      .filter((path) => root.kindOf(path) === 'directory')
      .flatMap((path) =>
        root
          .namesIn(path)
          .filter((name) => expression.test(name))
          .map(below(path)),
      );
  }
  return [...new Set(found)];
}

const below = (directory: string) => (name: string) => (directory === '' ? name : `${directory}/${name}`);
