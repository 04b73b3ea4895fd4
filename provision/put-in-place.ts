// Puts something in its place in a root: made beside it under another name, then renamed, so that it is there whole or not at all.

import { renameSync, rmSync } from 'node:fs';
import { nameOf, parentOf, type Root } from './root.ts';

/** `make` makes it at the path that it is given; `target` is a real path of the tree. When something throws, nothing stays. */
export function putInPlace(root: Root, target: string, make: (temporary: Buffer) => void): void {
  const { length } = nameOf(target);
  const name = length + 8 > 255 ? '.cooper' : `.${nameOf(target)}.cooper`;
  const temporary = root.host(parentOf(target) === '' ? name : `${parentOf(target)}/${name}`);
  rmSync(temporary, { recursive: true, force: true });
  try {
    make(temporary);
    renameSync(temporary, root.host(target));
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}
