// Opens the roots of a run where they are to lie, and gives memory back whatever happens.

import { CooperError } from '../errors/index.ts';
import { memoryRoom } from '../native/index.ts';
import { LayerRoots, type RootMemory } from './buildroot/layer-roots.ts';
import { memoryFileSystem, openMemoryWorkspace } from './memory-workspace.ts';
import {
  bytesOfRoots,
  type Measured,
  type MemorySource,
  placeRoots,
  type RootPlace,
  type SizedLayer,
} from './root-place.ts';
import type { Run } from './run.ts';

/** Which roots a run is to have. */
interface WantedRoots {
  readonly place: RootPlace;
  /** They are built one after the other. */
  readonly trees: readonly SizedLayer[];
  /** Of each box: what it writes in memory counts as its own. */
  readonly boxMemory: number | undefined;
  /** Reads files to know what they become, when that matters. */
  readonly measure: () => Promise<Measured>;
}

/** The roots of a run, and a clause for its log that says where they lie. */
interface RunRoots {
  readonly roots: LayerRoots;
  readonly where: string;
}

/** Hands `work` the roots; they are gone afterwards. Throws `roots-not-in-memory`. */
export async function withRoots<T>(run: Run, wanted: WantedRoots, work: (roots: RunRoots) => Promise<T>): Promise<T> {
  const { workspace, idMap, request } = run;
  const opened = wanted.place === 'disk' ? { reason: 'that was asked for' } : await openMemory(run, wanted);
  if ('reason' in opened && wanted.place === 'memory') {
    throw new CooperError('roots-not-in-memory', { what: `roots cannot lie in memory: ${opened.reason}` });
  }
  const surroundings = { workspace, idMap, mode: request.layers };
  if ('reason' in opened) {
    return work({ roots: new LayerRoots(surroundings), where: `roots lie on disk: ${opened.reason}` });
  }
  try {
    return await work({ roots: new LayerRoots({ ...surroundings, memory: opened }), where: 'roots lie in memory' });
  } finally {
    await opened.workspace.remove();
  }
}

async function openMemory(
  run: Run,
  { trees, boxMemory, measure }: WantedRoots,
): Promise<RootMemory | { reason: string }> {
  const fileSystem = memoryFileSystem();
  const needed = bytesOfRoots(trees, run.request.layers, await measure());
  const placement = placeRoots(needed, sourcesOf(fileSystem), boxMemory);
  if (placement.place === 'disk') return placement;
  const workspace = await openMemoryWorkspace(run.idMap);
  if ('reason' in workspace) return workspace;
  return { workspace, reserveBytes: Math.max(0, fileSystem.bytes - placement.ceiling) };
}

// A file of a root has 24 kB on average; a tmpfs has room for so many files only where somebody has said so.
const bytesOfFile = 8192;

function sourcesOf({ bytes, files }: ReturnType<typeof memoryFileSystem>): readonly MemorySource[] {
  const { machine, group } = memoryRoom();
  return [
    { name: 'available memory', bytes: machine },
    { name: 'free space in /dev/shm', bytes },
    { name: 'room for files in /dev/shm', bytes: files * bytesOfFile },
    ...(group === undefined ? [] : [{ name: 'memory that the control group leaves', bytes: group }]),
  ];
}
