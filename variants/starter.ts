// The definition that a new one begins as: small, commented and without fault. One row a kind of source: a text of its own
// (starters/), or a definition that comes with Cooper.

import type { Source } from './sources.ts';
import { debianStarter } from './starters/debian.ts';
import { containerStarter, directoryStarter, rootfsStarter, templateStarter } from './starters/roots.ts';
import { shippedTexts } from './starters/shipped.ts';
import { type WrittenStarter, writeStarter } from './starters/written.ts';

type Starter = WrittenStarter | { readonly like: string; readonly release: string };

const starters: Readonly<Record<Source['kind'], Starter>> = {
  debian: debianStarter,
  rootfs: rootfsStarter,
  directory: directoryStarter,
  container: containerStarter,
  busybox: { like: 'busybox', release: '1.37' },
  template: templateStarter,
};

/** Kinds of source. */
export const starterKinds = Object.keys(starters) as readonly Source['kind'][];

/** A definition to begin with. */
export interface StartedDefinition {
  /** Texts of its folder, by their paths in it. */
  readonly texts: ReadonlyMap<string, string>;
  /** A release that it has. */
  readonly release: string;
}

/** What a definition called `name` with a source of this kind begins as. */
export async function starterDefinition(name: string, kind: Source['kind']): Promise<StartedDefinition> {
  const starter = starters[kind];
  const texts = 'like' in starter ? await shippedTexts(starter.like, name) : writeStarter(name, starter);
  return { texts, release: starter.release };
}
