// The two archives of an image, on their way into the cache: named by SHA-256, checked against the signed manifest each time
// they are used. What is fetched can be unpacked meanwhile: blocks are given out one by one, each verified.

import { mkdir, stat } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { download, removeOrphans, type Transport, together } from '../../fetch/index.ts';
import { type SegmentedArchive, segmentedArchives } from '../../image/index.ts';
import { type FileDigest, type Verified, verifyFile } from '../../keys/index.ts';
import { archivePath } from '../cache/image-archives.ts';
import { explainCache, markUsed } from '../cache/kept-files.ts';
import type { ChosenImage } from '../verify/images.ts';
import { addressBelow, type ServerUrl } from '../verify/server-address.ts';
import { fromFirstAddress } from '../verify/servers.ts';
import { Arrivals } from './arrivals.ts';
import { fetchBlocks, type Traffic } from './blocks.ts';
import { chooseArchive, openLocalBlocks } from './choose-archive.ts';
import type { LocalBlocks } from './local-blocks.ts';
import { partialBytes, removeAbandonedPartials } from './partial-archive.ts';
import type { ServerWitness } from './server-speeds.ts';

/** What was vouched for: the tar inside of an archive, or where nobody has said anything of that, the archive itself. */
export interface ExpectedBytes extends FileDigest {
  readonly of: 'tar' | 'archive';
}

/** rootfs.tar.xz, whole and verified; or an archive in which the blocks of the signed table appear, each verified before it counts. */
export type RootfsArchive =
  | { readonly kind: 'whole'; readonly file: Verified<string>; readonly expected: ExpectedBytes }
  | (Pick<SegmentedArchive, 'encoding' | 'segments'> & {
      readonly kind: 'blocks';
      readonly file: string;
      /** How many are there, from the first one on. */
      readonly arrived: AsyncIterable<number>;
    });

/** How to fetch. */
export interface FetchImageOptions {
  /** `<home>/cache/images`; made when it does not exist. */
  readonly cacheDir: string;
  /** Takes nothing from the cache: what is there is replaced. */
  readonly flushCache?: boolean | undefined;
  /**
   * Archives of blocks that are in the cache are given out at once, and compared meanwhile; this is told then. Whoever says nothing of it
   * gets them compared. What decodes them compares each segment.
   */
  readonly onUnchecked?: (() => void) | undefined;
  /** Servers of the same publisher for what the image's own cannot deliver. */
  readonly otherServers?: readonly ServerUrl[] | undefined;
  readonly served?: ServerWitness['served'] | undefined;
  /** Archives that may have some of the blocks. */
  readonly seeds?: readonly string[] | undefined;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  /** Path of meta.tar.xz in the cache. */
  readonly onMeta?: (file: Verified<string>) => void;
  /** Told as soon as there is something that can be unpacked. */
  readonly onRootfs?: (archive: RootfsArchive) => void;
  /** Bytes fetched so far and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly onNotice?: (message: string) => void;
}

/**
 * Gets meta.tar.xz and one of the archives of the root filesystem; what is in the cache, also in parts, is not fetched again. When
 * one fails, neither goes on.
 * @throws CooperError as fetchBlocks and download do; `signed-document-invalid` when the manifest lacks one of both
 */
export async function fetchImage(image: ChosenImage, options: FetchImageOptions): Promise<Traffic> {
  await openCache(options.cacheDir, options.now);
  const meta = archiveOf(image, 'meta.tar.xz', options);
  const report = progressOfAll(options.onProgress);
  const traffic = await together(options.signal, [
    (signal) => fetchMeta(meta, { ...options, signal }, report('meta')),
    (signal) => fetchRootfs(image, { ...options, signal }, report('rootfs')),
  ]).catch((error: unknown) => {
    throw explainCache(error, options.cacheDir);
  });
  return {
    fetched: traffic.reduce((sum, { fetched }) => sum + fetched, 0),
    reused: traffic.reduce((sum, { reused }) => sum + reused, 0),
  };
}

/** Makes the folder, and removes what killed runs have left in it. */
async function openCache(cacheDir: string, now: Date): Promise<void> {
  try {
    await mkdir(cacheDir, { recursive: true });
    await removeOrphans(cacheDir);
    await removeAbandonedPartials(cacheDir, now);
  } catch (error) {
    throw explainCache(error, cacheDir);
  }
}

interface Archive {
  readonly addresses: readonly string[];
  readonly transport: Transport;
  readonly digest: FileDigest;
  /** Its path in the cache. */
  readonly to: string;
}

function archiveOf(
  { contents, path: folder, publisher }: ChosenImage,
  name: string,
  options: FetchImageOptions,
): Archive {
  const digest = contents.files[name];
  if (digest === undefined) {
    throw new CooperError('signed-document-invalid', { what: `image.json of ${folder} does not name ${name}` });
  }
  const servers = [publisher.server, ...(options.otherServers ?? [])];
  const addresses = servers.map((server) => addressBelow(server, `${folder}${name}`).href);
  const to = archivePath(options.cacheDir, name, digest);
  return { addresses, transport: publisher.transport, digest, to };
}

async function fetchMeta(meta: Archive, options: FetchImageOptions, onProgress: Progress): Promise<Traffic> {
  const cached = await checkCached(meta, options);
  const file = cached ?? (await fetchWhole(meta, options, onProgress));
  options.onMeta?.(file);
  return trafficOf(meta, cached);
}

async function fetchRootfs(image: ChosenImage, options: FetchImageOptions, onProgress: Progress): Promise<Traffic> {
  const onNotice = (message: string) => options.onNotice?.(message);
  const { cacheDir, seeds = [] } = options;
  const here = await openLocalBlocks({ cacheDir, seeds, flushCache: options.flushCache === true, onNotice });
  try {
    const offers = segmentedArchives(image.contents).map(async (each) => {
      return { archive: each, begun: await partialBytes(archiveOf(image, each.file, options).to) };
    });
    const segmented = chooseArchive(await Promise.all(offers), here);
    const archive = archiveOf(image, segmented?.file ?? 'rootfs.tar.xz', options);
    if (segmented !== undefined) return await fetchSegments(archive, segmented, here, options, onProgress);
    const cached = await checkCached(archive, options);
    const file = cached ?? (await fetchWhole(archive, options, onProgress));
    const { size, sha256 } = image.contents.rootfs;
    options.onRootfs?.({ kind: 'whole', file, expected: { of: 'tar', size, sha256 } });
    return trafficOf(archive, cached);
  } finally {
    await here.close();
  }
}

async function fetchSegments(
  archive: Archive,
  { encoding, segments }: SegmentedArchive,
  here: LocalBlocks,
  options: FetchImageOptions,
  onProgress: Progress,
): Promise<Traffic> {
  const opened = (arrived: Arrivals) => (file: string) =>
    options.onRootfs?.({ kind: 'blocks', file, encoding, segments, arrived });
  const cached = await useCached(archive, opened(new Arrivals(segments.length, segments.length)), options);
  if (cached !== undefined) return trafficOf(archive, cached);
  const arrived = new Arrivals(segments.length, 0);
  return fetchBlocks({
    ...archive,
    encoding,
    segments,
    here,
    flushCache: options.flushCache === true,
    served: options.served,
    signal: options.signal,
    onOpen: opened(arrived),
    onLead: (count) => arrived.reach(count),
    onProgress,
    onNotice: (message) => options.onNotice?.(message),
  });
}

function trafficOf({ digest: { size } }: Archive, cached: Verified<string> | undefined): Traffic {
  return cached === undefined ? { fetched: size, reused: 0 } : { fetched: 0, reused: size };
}

async function fetchWhole(
  { addresses, transport, digest, to }: Archive,
  { signal, served, onNotice = () => undefined }: FetchImageOptions,
  onProgress: Progress,
): Promise<Verified<string>> {
  const request = { transport, to, digest, signal, onProgress: (done: number) => onProgress(done, digest.size) };
  const fetchFrom = async (address: string) => {
    const begun = performance.now();
    await download(address, request);
    served?.(address, digest.size, performance.now() - begun);
  };
  await fromFirstAddress(addresses, fetchFrom, onNotice);
  return verifyFile(to, digest, signal);
}

/** Opens the cached archive: before it has been compared when whoever asks knows of it. Throws `digest-mismatch` then. */
async function useCached(
  { to, digest }: Archive,
  open: (file: string) => void,
  options: FetchImageOptions,
): Promise<Verified<string> | undefined> {
  const { onUnchecked, flushCache, signal } = options;
  if (onUnchecked === undefined || flushCache === true || !(await isThere(to, digest))) {
    const cached = await checkCached({ to, digest }, options);
    if (cached !== undefined) open(cached.value);
    return cached;
  }
  onUnchecked();
  open(to);
  const file = await verifyFile(to, digest, signal);
  await markUsed(to);
  return file;
}

async function isThere(file: string, { size }: FileDigest): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.size === size;
}

/** The cached file when it is there, right and wanted; undefined sends the caller to the server. */
async function checkCached(
  { to, digest }: Pick<Archive, 'to' | 'digest'>,
  { flushCache, signal }: FetchImageOptions,
): Promise<Verified<string> | undefined> {
  if (flushCache === true) return undefined;
  try {
    const file = await verifyFile(to, digest, signal);
    await markUsed(to);
    return file;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (error instanceof CooperError && error.code === 'digest-mismatch') return undefined;
    throw error;
  }
}

type Progress = (done: number, total: number) => void;

/** Adds up what several say. */
function progressOfAll(tell: Progress = () => undefined): (name: string) => Progress {
  const parts = new Map<string, { readonly done: number; readonly total: number }>();
  const sum = (of: 'done' | 'total') => [...parts.values()].reduce((total, part) => total + part[of], 0);
  return (name) => (done, total) => {
    parts.set(name, { done, total });
    tell(sum('done'), sum('total'));
  };
}
