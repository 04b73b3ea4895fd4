// Fetches a build of the origin into a folder: every file by the digest in image.json, archives block by block from what the tree has
// already. What is there and right is not fetched again.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addressBelow,
  fetchBlocks,
  fetchManifest,
  LocalBlocks,
  type Publisher,
  type Traffic,
} from '../../client/index.ts';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { download, removeOrphans, together } from '../../fetch/index.ts';
import { encodingNames, type Manifest, type SegmentedArchive, segmentedArchives } from '../../image/index.ts';
import { type FileDigest, verifyFile } from '../../keys/index.ts';
import type { ImageId } from '../../variants/identity.ts';
import { expectedNames } from '../publish/check-build.ts';
import type { Offer } from '../publish/offer.ts';
import type { WantedBuild } from './plan.ts';

/** Where builds come from and go to. */
export interface BuildFetching {
  readonly origin: Publisher;
  readonly tree: string;
  /** What the tree has already. */
  readonly present: Offer;
  /** What this run has fetched. */
  readonly fetched: readonly { readonly folder: string; readonly image: ImageId }[];
  readonly signal: AbortSignal;
  readonly onNotice: (message: string) => void;
}

/** Bytes that files may have whose size nothing signed tells: signatures, and SHA256SUMS. */
const unsignedLimit = 1024 * 1024;

/**
 * Fills `folder`, which is made when it is not there. Nothing is judged but digests.
 * @throws CooperError as fetchBlocks, download and fetchManifest do
 */
export async function fetchBuild(folder: string, wanted: WantedBuild, fetching: BuildFetching): Promise<Traffic> {
  await mkdir(folder, { recursive: true });
  await removeOrphans(folder);
  const { contents, file } = await fetchManifest(fetching.origin, wanted);
  await removeOthers(folder, contents);
  await writeFile(join(folder, 'image.json'), file.value, { flush: true });
  const here = await blocksOfTree(wanted, fetching);
  try {
    const archives = segmentedArchives(contents);
    const works = [...expectedNames(contents)]
      .filter((name) => name !== 'image.json')
      .map((name) => {
        const archive = archives.find((each) => each.file === name);
        const digest = contents.files[name];
        return (signal: AbortSignal) => {
          const place = { folder, name, wanted, fetching: { ...fetching, signal } };
          if (digest === undefined) return fetchUnsigned(place);
          return archive === undefined ? fetchWhole(place, digest) : fetchArchive(place, archive, here);
        };
      });
    const traffic = await together(fetching.signal, works);
    return traffic.reduce(
      (sum, { fetched, reused }) => ({ fetched: sum.fetched + fetched, reused: sum.reused + reused }),
      { fetched: file.value.length, reused: 0 },
    );
  } finally {
    await here.close();
  }
}

/** One file of a build. */
interface Place {
  readonly folder: string;
  readonly name: string;
  readonly wanted: WantedBuild;
  readonly fetching: BuildFetching;
}

function addressOf({ name, wanted, fetching: { origin } }: Place): string {
  return addressBelow(origin.server, `${wanted.path}${name}`).href;
}

/** Signatures and sums are always fetched: they are small, and judged when all is there. */
async function fetchUnsigned(place: Place): Promise<Traffic> {
  const { origin, signal } = place.fetching;
  const to = join(place.folder, place.name);
  const { size } = await download(addressOf(place), { transport: origin.transport, to, limit: unsignedLimit, signal });
  return { fetched: size, reused: 0 };
}

async function fetchWhole(place: Place, digest: FileDigest): Promise<Traffic> {
  const { origin, signal } = place.fetching;
  const to = join(place.folder, place.name);
  if (await isThere(to, digest, signal)) return { fetched: 0, reused: digest.size };
  await download(addressOf(place), { transport: origin.transport, to, digest, signal });
  return { fetched: digest.size, reused: 0 };
}

async function fetchArchive(place: Place, archive: SegmentedArchive, here: LocalBlocks): Promise<Traffic> {
  const { origin, signal, onNotice } = place.fetching;
  const to = join(place.folder, place.name);
  if (await isThere(to, archive.digest, signal)) return { fetched: 0, reused: archive.digest.size };
  const nothing = () => undefined;
  return fetchBlocks({
    ...archive,
    addresses: [addressOf(place)],
    to,
    transport: origin.transport,
    here,
    flushCache: false,
    signal,
    onOpen: nothing,
    onLead: nothing,
    onProgress: nothing,
    onNotice,
  });
}

async function isThere(file: string, digest: FileDigest, signal: AbortSignal): Promise<boolean> {
  try {
    await verifyFile(file, digest, signal);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    if (error instanceof CooperError && error.code === 'digest-mismatch') return false;
    throw error;
  }
}

/** What is left of a build that had other files. Archives on their way have hidden names. */
async function removeOthers(folder: string, manifest: Manifest): Promise<void> {
  const expected = expectedNames(manifest);
  const partial = encodingNames.map((encoding) => `.rootfs.tar.${encoding}.part`);
  for (const name of await readdir(folder)) {
    if (!expected.has(name) && !partial.includes(name)) await rm(join(folder, name), { recursive: true });
  }
}

const related = ['distribution', 'release', 'architecture'] as const;

/** Variants and builds of one release and architecture have most of their blocks in common: the newest of each is looked at. */
async function blocksOfTree(wanted: WantedBuild, { tree, present, fetched }: BuildFetching): Promise<LocalBlocks> {
  const here = new LocalBlocks();
  const isRelated = (image: ImageId) => related.every((key) => image[key] === wanted[key]);
  try {
    for (const { builds, ...image } of present.values()) {
      const [newest] = builds;
      if (newest !== undefined && isRelated(image)) await addArchives(here, join(tree, newest.path));
    }
    const last = new Map(
      fetched.filter(({ image }) => isRelated(image)).map(({ image, folder }) => [image.variant, folder]),
    );
    for (const folder of last.values()) await addArchives(here, folder);
    return here;
  } catch (error) {
    await here.close();
    throw error;
  }
}

async function addArchives(here: LocalBlocks, folder: string): Promise<void> {
  for (const encoding of encodingNames) {
    try {
      await here.add(join(folder, `rootfs.tar.${encoding}`));
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
}
