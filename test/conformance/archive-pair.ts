// One archive seen twice: by our index and by the host's apt, so that the answers of both can be compared.

import { join } from 'node:path';
import { type ArchiveIndex, fetchIndices } from '../../builder/source/debian/indices.ts';
import { chooseMirrors } from '../../builder/source/debian/mirror.ts';
import { type PackageRequest, resolvePackages } from '../../builder/source/debian/resolver.ts';
import { CooperError } from '../../errors/index.ts';
import { fetchBytes, type Transport } from '../../fetch/index.ts';
import type { DebianSource as Source, Suite } from '../../variants/resolved.ts';
import { type HostApt, openHostApt } from './host-apt.ts';

/** Which archive: the first architecture is the native one. */
export interface ArchiveChoice {
  readonly release: string;
  readonly suites: readonly Suite[];
  readonly architectures: readonly string[];
}

/** Both sides. */
export interface ArchivePair {
  readonly index: ArchiveIndex;
  readonly apt: HostApt;
  /** Our answer: `name=version`, or why there is none. */
  ours(request: PackageRequest): string[] | CooperError;
  /** apt's answer to the same request on an empty system, or undefined when it refuses. */
  theirs(request: PackageRequest): string[] | undefined;
}

const components = ['main'];

/** A release, with updates and security when `all` is set. */
export function suitesOf(release: string, all: boolean): Suite[] {
  const more: Suite[] = [
    { name: `${release}-updates`, archive: 'main', components },
    { name: `${release}-security`, archive: 'security', components },
  ];
  return [{ name: release, archive: 'main', components }, ...(all ? more : [])];
}

/** The release's backports; `pin` and `pins` as in a definition. */
export function backportsOf(release: string, more: Pick<Suite, 'pin' | 'pins'> = {}): Suite {
  return { name: `${release}-backports`, archive: 'main', components, ...more };
}

/** Fetches the indices for both sides. `folder` becomes apt's. */
export async function openArchivePair(
  choice: ArchiveChoice,
  { folder, cacheDir, transport }: { folder: string; cacheDir: string; transport: Transport },
): Promise<ArchivePair> {
  const { release, suites, architectures } = choice;
  const [native = 'amd64', ...foreign] = architectures;
  const source: Source = {
    kind: 'debian',
    keyring: { shipped: 'debian-archive-keyring' },
    mirrors: { main: 'http://ftp.debian.org/debian', security: 'http://security.debian.org/debian-security' },
    suites,
    foreign,
  };
  const mirrors = await chooseMirrors(source, release);
  const signal = new AbortController().signal;
  const dates = suites.map(({ name, archive }) =>
    dateOf(`${mirrors[archive]}/dists/${name}/InRelease`, transport, signal),
  );
  // As if it were when the newest of them was made: a mirror may have stopped following one.
  const now = new Date(Math.max(...(await Promise.all(dates))) + 3_600_000);
  const index = await fetchIndices(source, native, { cacheDir, mirrors, transport, signal, now });
  const apt = openHostApt(join(folder, `${release}-${suites.length}-${architectures.join('-')}`), {
    suites,
    mirrors,
    architectures,
  });
  return {
    index,
    apt,
    ours: (request) => answer(index, request),
    theirs: (request) => apt.tryInstall(wordsOf(index, request), request.recommends),
  };
}

async function dateOf(url: string, transport: Transport, signal: AbortSignal): Promise<number> {
  const bytes = await fetchBytes(url, { transport, signal, limit: 1 << 23 });
  return Date.parse(/^Date: (.*)$/m.exec(bytes.toString('utf8'))?.[1] ?? '');
}

function answer(index: ArchiveIndex, request: PackageRequest): string[] | CooperError {
  try {
    const { packages } = resolvePackages(index, request);
    return packages.map((item) => `${index.universe.slotOf(item)}=${item.version}`).sort();
  } catch (error) {
    if (error instanceof CooperError) {
      return error;
    }
    throw error;
  }
}

const priorities = { essential: [], required: ['required'], important: ['required', 'important'] };
const levels = { ...priorities, standard: ['required', 'important', 'standard'] };

/** What to write after `apt-get install`, in the order in which the resolver takes the names. */
function wordsOf(index: ArchiveIndex, { base, include, exclude = [] }: PackageRequest): string[] {
  const excluded = new Set(exclude);
  const having = (lines: readonly string[]) =>
    index.universe.files
      .flatMap((file) => lines.flatMap((line) => file.having(line)))
      .filter(({ origin, architecture }) => {
        return origin.suite === index.suites[0]?.name && ['all', index.architecture].includes(architecture);
      })
      .map(({ name }) => name)
      .filter((name) => !excluded.has(name))
      .sort();
  const essential = having(['Essential: yes']);
  const rest = having(levels[base].map((level) => `Priority: ${level}`));
  return [...new Set([...essential, ...include, ...rest]), ...exclude.map((name) => `${name}-`)];
}
