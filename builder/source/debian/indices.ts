// Fetches what an archive offers: for each suite the InRelease file, verified, then the package lists it vouches for.
// Refuses everything that is not signed by the source's keyring; what a list says is believed only after its digest fits.

import { CooperError } from '../../../errors/index.ts';
import { download, fetchBytes, together } from '../../../fetch/index.ts';
import { type Certificate, digestOf, type FileDigest, verifyClearSigned } from '../../../keys/index.ts';
import type { DebianArchive, Suite } from '../../../variants/resolved.ts';
import { type ContentCache, openContentCache } from '../cache.ts';
import { listCacheOf } from '../fetched.ts';
import { certificatesOf } from '../keyring.ts';
import { type ArchiveContext, explainMirror, mirrorUrl } from './context.ts';
import { type PackagesFile, readPackagesFile } from './packages.ts';
import { plainList } from './plain-list.ts';
import { checkRelease, findPackagesFile, type ListedFile, parseRelease, type Release } from './release.ts';
import { advanceRelease } from './seen-releases.ts';
import { Universe } from './universe.ts';

/** One suite as it was found: what the lock records. Paths are relative to the mirror. */
export interface SuiteIndex {
  readonly name: string;
  readonly archive: Suite['archive'];
  /** `dists/bookworm`. */
  readonly path: string;
  readonly release: FileDigest & { readonly path: string; readonly date: Date; readonly codename: string };
  /** One for each component and architecture. */
  readonly lists: readonly (FileDigest & { readonly component: string; readonly path: string })[];
}

/** All suites of a source for one native architecture and the foreign ones of the source. */
export interface ArchiveIndex {
  /** The native one. */
  readonly architecture: string;
  readonly suites: readonly SuiteIndex[];
  /** Date of the newest Release file in seconds since 1970: the build epoch when nothing else is given. */
  readonly epoch: number;
  readonly universe: Universe;
}

/** Bytes of an InRelease file; Debian's largest has 0.3 MB. */
const releaseLimit = 8 * 1024 * 1024;
/**
 * Fetches and verifies the indices. Package lists are cached by digest, InRelease is always asked for.
 * @throws CooperError of fetch/, keys/verify and release.ts; `package-list-malformed`
 */
export async function fetchIndices(
  source: DebianArchive,
  architecture: string,
  context: ArchiveContext,
): Promise<ArchiveIndex> {
  const foreign = (source.foreign ?? []).filter((name) => name !== architecture);
  const keyring = await certificatesOf(source.keyring);
  const cache = await openContentCache(listCacheOf(context.cacheDir));
  const parts = await together(
    context.signal,
    source.suites.map((suite) => (signal: AbortSignal) => {
      return fetchSuite(suite, [architecture, ...foreign], { context: { ...context, signal }, source, keyring, cache });
    }),
  );
  const epoch = Math.max(...parts.map(({ index }) => Math.floor(index.release.date.getTime() / 1000)));
  const files = parts.flatMap((part) => part.files);
  return {
    architecture,
    epoch,
    universe: new Universe(architecture, files, foreign),
    suites: parts.map(({ index }) => index),
  };
}

interface Reach {
  readonly context: ArchiveContext;
  readonly source: DebianArchive;
  readonly keyring: readonly Certificate[];
  readonly cache: ContentCache;
}

async function fetchSuite(
  suite: Suite,
  architectures: readonly string[],
  reach: Reach,
): Promise<{ index: SuiteIndex; files: PackagesFile[] }> {
  const path = `dists/${suite.name}`;
  const { release, digest } = await fetchRelease(suite, path, reach);
  checkRelease(release, suite, architectures, reach.context.now);
  const { seenDir } = reach.context;
  if (seenDir !== undefined) await advanceRelease(seenDir, reach.source, suite, release.date);
  const lists = suite.components.flatMap((component) =>
    architectures.map((architecture) => ({
      component,
      file: findPackagesFile(release, suite.name, component, architecture),
    })),
  );
  const files = await together(
    reach.context.signal,
    lists.map(({ file }) => (signal: AbortSignal) => {
      return fetchList(suite, path, release, file, { ...reach, context: { ...reach.context, signal } });
    }),
  );
  const index = {
    name: suite.name,
    archive: suite.archive,
    path,
    release: { path: `${path}/InRelease`, ...digest, date: release.date, codename: release.codename },
    lists: lists.map(({ component, file }) => ({ component, path: `${path}/${file.path}`, ...file.digest })),
  };
  return { index, files };
}

async function fetchRelease(
  suite: Suite,
  path: string,
  { context, keyring }: Reach,
): Promise<{ release: Release; digest: FileDigest }> {
  const { transport, signal, now } = context;
  const mirror = context.mirrors[suite.archive];
  const url = mirrorUrl(mirror, `${path}/InRelease`);
  try {
    const bytes = await fetchBytes(url, { transport, signal, limit: releaseLimit });
    const { text } = await verifyClearSigned(bytes.toString('utf8'), keyring, now, `InRelease of ${suite.name}`);
    return { release: parseRelease(text, suite.name), digest: digestOf(bytes) };
  } catch (error) {
    throw explainMirror(error, mirror, context.mirrors);
  }
}

async function fetchList(
  suite: Suite,
  path: string,
  release: Release,
  file: ListedFile,
  { context, cache }: Reach,
): Promise<PackagesFile> {
  const mirror = context.mirrors[suite.archive];
  try {
    const fetchPacked = () =>
      cache.obtain(file.digest, (to) => downloadList(`${path}/`, mirror, release, file, context, to));
    const bytes = await plainList(file, cache, fetchPacked);
    const pin = suite.pin ?? release.pin;
    const pins = suite.pins === undefined ? {} : { pins: new Map(Object.entries(suite.pins)) };
    return readPackagesFile(bytes, { archive: suite.archive, suite: suite.name, pin, ...pins });
  } catch (error) {
    if (isMissing(error)) {
      const what = `the mirror does not have ${path}/${file.path}, which the Release file of ${suite.name} names`;
      throw new CooperError('package-list-missing', { what, lines: [error.message], cause: error });
    }
    throw explainMirror(error, mirror, context.mirrors);
  }
}

/** By its digest, for it stays there while the list is replaced; by its name where a mirror does not keep what it promises. */
async function downloadList(
  folder: string,
  mirror: string,
  { byHash }: Release,
  { path, digest }: ListedFile,
  { transport, signal }: ArchiveContext,
  to: string,
): Promise<void> {
  const hashed = `${path.slice(0, path.lastIndexOf('/'))}/by-hash/SHA256/${digest.sha256}`;
  const get = (place: string) => download(mirrorUrl(mirror, folder + place), { transport, signal, to, digest });
  try {
    await get(byHash ? hashed : path);
  } catch (error) {
    if (!byHash || !isMissing(error)) throw error;
    await get(path);
  }
}

function isMissing(error: unknown): error is CooperError {
  return error instanceof CooperError && error.code === 'not-found-on-server';
}
