// An archive in Debian's form for one run: where it is reached, what it offers, and the files of its packages.

import type { Stages } from '../../../events/index.ts';
import type { Lock } from '../../../image/index.ts';
import type { DebianArchive } from '../../../variants/resolved.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import type { FetchedFiles, FetchProgress, SourceRequest } from '../kind.ts';
import { packageKey, type WantedPackage } from '../wanted.ts';
import { fetchPackages } from './fetch-packages.ts';
import { type ArchiveIndex, fetchIndices, type SuiteIndex } from './indices.ts';
import { chooseMirrors } from './mirror.ts';

/** An archive that is reached by mirrors which are chosen. */
export interface OpenArchive {
  /** The chosen mirrors by those of the definition. */
  readonly bases: ReadonlyMap<string, string>;
  /** Fetches and verifies the indices. Throws as fetchIndices. */
  readonly index: (stages: Stages) => Promise<ArchiveIndex>;
  /** Brings the packages of the layers into the cache. Throws as fetchPackages. */
  readonly fetch: (layers: readonly LayerPlan[], onProgress: FetchProgress) => Promise<FetchedFiles>;
}

/** `release`: codename by which the host's own mirror is found. Throws as chooseMirrors. */
export async function openArchive(
  source: DebianArchive,
  { release, architecture }: { readonly release: string; readonly architecture: string },
  { mirrors: named, ...context }: SourceRequest,
): Promise<OpenArchive> {
  const mirrors = await chooseMirrors(source, release, named);
  const archive = { ...context, mirrors };
  return {
    bases: new Map([
      [source.mirrors.main, mirrors.main],
      [source.mirrors.security, mirrors.security],
    ]),
    index: (stages) => stages.run('index', () => fetchIndices(source, architecture, archive)),
    async fetch(layers, onProgress) {
      const fetched = await fetchPackages(packagesAdded(layers), archive, onProgress);
      return new Map(fetched.map(({ digest, file }) => [digest.sha256, file]));
    },
  };
}

/** What a lock says of the indices. */
export function lockedIndices({ suites }: ArchiveIndex): Lock['indices'] {
  return suites.map(indexEntry);
}

function indexEntry({ name, archive, release, lists }: SuiteIndex): Lock['indices'][number] {
  const { path, size, sha256, date } = release;
  const packages = lists.map((list) => ({ path: list.path, size: list.size, sha256: list.sha256 }));
  return { suite: name, archive, path, size, sha256, date: date.toISOString(), packages };
}

/** Each package once, though several images have it. */
function packagesAdded(layers: readonly LayerPlan[]): readonly WantedPackage[] {
  const packages = layers.flatMap(({ added }) => added);
  return [...new Map(packages.map((item) => [packageKey(item), item])).values()];
}
