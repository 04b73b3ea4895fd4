// What the name of an entry of a layer means: content, or that something of the layers below is to go (OCI image specification, Image
// Layer Filesystem Changeset, "Whiteouts"). Pure. Refuses whiteouts that would remove something else than a name in their own folder.

import { CooperError } from '../../../errors/index.ts';

/** What is to be done for an entry. `name`, `directory`: as names of entries, not yet judged. */
export type LayerEntry =
  | { readonly kind: 'content' }
  | { readonly kind: 'whiteout'; readonly name: Buffer }
  | { readonly kind: 'opaque'; readonly directory: Buffer }
  /** What AUFS has kept for itself, in layers of old. */
  | { readonly kind: 'record' };

const mark = '.wh.';
const opaque = '.wh..wh..opq';
const records = '.wh..wh.';

/** Throws `archive-escapes-root`, `archive-conflict`. */
export function layerEntry(name: Buffer): LayerEntry {
  const path = name.toString('latin1');
  if (!path.includes(mark)) return { kind: 'content' };
  const components = path.split('/').filter((component) => component !== '' && component !== '.');
  const last = components.at(-1) ?? '';
  if (components.some((component) => component.startsWith(records) && component !== opaque)) return { kind: 'record' };
  if (components.slice(0, -1).some((component) => component.startsWith(mark))) throw belowWhiteout(name);
  if (!last.startsWith(mark)) return { kind: 'content' };
  const folder = path.slice(0, path.lastIndexOf(last));
  if (last === opaque) return { kind: 'opaque', directory: Buffer.from(folder === '' ? '.' : folder, 'latin1') };
  const hidden = last.slice(mark.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw wider(name);
  return { kind: 'whiteout', name: Buffer.from(folder + hidden, 'latin1') };
}

function belowWhiteout(name: Buffer): CooperError {
  return new CooperError('archive-conflict', {
    what: `the entry ${shown(name)} lies in a whiteout, which has no content`,
  });
}

function wider(name: Buffer): CooperError {
  return new CooperError('archive-escapes-root', {
    what: `the whiteout ${shown(name)} would remove more than a name in its folder`,
  });
}

const shown = (name: Buffer) => JSON.stringify(name.toString());
