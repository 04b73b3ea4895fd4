// Fetches a build of the origin into a folder: every file by the digest in image.json, archives block by block from what the tree has
// already. What is there and right is not fetched again.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addressBelow, fetchBlocks, type LocalBlocks, type Publisher, type Traffic } from '../../client/index.ts';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { download, removeOrphans, together } from '../../fetch/index.ts';
import { encodingNames, type Manifest, type SegmentedArchive, segmentedArchives } from '../../image/index.ts';
import { type FileDigest, verifyFile } from '../../keys/index.ts';
import { expectedNames } from '../publish/check-build.ts';
import { obtainManifest } from './manifest.ts';
import type { WantedBuild } from './plan.ts';
import { type BlockSources, blocksOfTree } from './tree-blocks.ts';

/** Where builds come from and go to. */
export interface BuildFetching extends BlockSources {
  readonly origin: Publisher;
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
  const { contents, fetched } = await obtainManifest(folder, wanted, fetching.origin);
  await removeOthers(folder, contents);
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
    return traffic.reduce((sum, file) => ({ fetched: sum.fetched + file.fetched, reused: sum.reused + file.reused }), {
      fetched,
      reused: 0,
    });
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
