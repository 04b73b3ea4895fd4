// A container that is read as a whole, by whoever makes something else of it: found, held, and stopped.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type IdMap, workerIdMap } from '../native/index.ts';
import { boxIdMap } from './container/box.ts';
import { type ContainerChoice, type FoundContainer, openContainer } from './container/open-container.ts';
import { type Origin, originIn } from './container/origin.ts';
import { withStopped } from './container/stopped.ts';

/** A container that does not run. */
export interface HeldContainer extends Omit<FoundContainer, 'idMap'> {
  /** Of a worker on its files: in it the owners are those that the container sees. */
  readonly workerMap: IdMap;
  readonly origin: Origin | undefined;
}

/** Hands `use` the container. Throws what openContainer does, and `container-running`. */
export async function withContainer<T>(
  choice: ContainerChoice,
  use: (container: HeldContainer) => Promise<T>,
): Promise<T> {
  const container = await openContainer(choice);
  const origin = originIn(await readFile(path.join(container.folder, 'config'), 'utf8'));
  const { name, folder, rootfs } = container;
  const held = { name, folder, rootfs, workerMap: workerIdMap(boxIdMap(container)), origin };
  return withStopped(container, 'shared', () => use(held));
}
