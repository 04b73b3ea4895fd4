// Which xz engine does the work: the addon when it was compiled, else lzma-native. COOPER_XZ_ENGINE forces one of them,
// for comparisons and for a machine whose liblzma is at fault; their bytes are the same.

import { CooperError } from '../../errors/index.ts';
import { loadXzLibrary } from '../../native/xz.ts';
import type { XzEngine } from './engine.ts';
import { liblzmaEngine } from './liblzma.ts';
import { lzmaNativeEngine } from './lzma-native.ts';

/** Names of the engines, the preferred one first. */
export const xzEngineNames = ['liblzma', 'lzma-native'] as const;

/**
 * The engine of that name (the value of COOPER_XZ_ENGINE), or without one (absent or empty) the best there is. Throws
 * `xz-engine-unavailable` for an unknown name and for an addon that does not load.
 */
export function chooseXzEngine(name: string | undefined): XzEngine {
  if (name === 'lzma-native') return lzmaNativeEngine;
  if (name !== undefined && name !== '' && name !== 'liblzma') {
    throw unavailable(
      `COOPER_XZ_ENGINE names no engine: ${JSON.stringify(name)} (there are ${xzEngineNames.join(', ')})`,
    );
  }
  const loaded = loadXzLibrary();
  if (loaded.library !== undefined) return liblzmaEngine(loaded.library);
  if (name !== 'liblzma') return lzmaNativeEngine;
  throw unavailable('the xz engine liblzma (native/bin/xz.node) cannot be loaded', loaded.reason);
}

function unavailable(what: string, cause?: unknown): CooperError {
  return new CooperError('xz-engine-unavailable', cause === undefined ? { what } : { what, cause });
}
