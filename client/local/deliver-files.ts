// Hands out the files of an image that are on this machine. The metadata is copied into the cache, where nobody changes it any more; the
// root is read where it lies, and compared once more while it is unpacked.

import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { partialSuffix } from '../../fetch/index.ts';
import { hasZstd, type Manifest, segmentedArchives } from '../../image/index.ts';
import { type Verified, verifyFile } from '../../keys/index.ts';
import { Arrivals } from '../fetch/arrivals.ts';
import type { Traffic } from '../fetch/blocks.ts';
import type { FetchImageOptions, RootfsArchive } from '../fetch/image-files.ts';
import { imageFilesMissing } from './find-files.ts';
import type { LocalImage, VouchedFile } from './open-local.ts';

/** What fetchImage does, without a server. Throws `image-files-missing`, `digest-mismatch`, `no-space`. */
export async function deliverFiles(
  { metadata, contents }: LocalImage,
  { cacheDir, signal, onMeta, onRootfs }: FetchImageOptions,
): Promise<Traffic> {
  await mkdir(cacheDir, { recursive: true });
  onMeta?.(await copyToCache(metadata, cacheDir, signal));
  if (contents.kind === 'pair') {
    const { digest } = contents.rootfs;
    onRootfs?.({
      kind: 'whole',
      file: await verified(contents.rootfs, signal),
      expected: { of: 'archive', ...digest },
    });
    return { fetched: 0, reused: metadata.digest.size + digest.size };
  }
  const { archive, size } = await openRoot(contents.folder, contents.manifest, signal);
  onRootfs?.(archive);
  return { fetched: 0, reused: metadata.digest.size + size };
}

/** The archive that is decoded fastest among those that are there; which ones there have to be, only the manifest says. */
async function openRoot(
  folder: string,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<{ readonly archive: RootfsArchive; readonly size: number }> {
  const offered = segmentedArchives(manifest).filter(({ encoding }) => encoding !== 'zst' || hasZstd());
  const best = offered.find(({ encoding }) => encoding === 'zst') ?? offered[0];
  const name = best?.file ?? 'rootfs.tar.xz';
  const digest = manifest.files[name];
  if (digest === undefined) throw imageFilesMissing(`image.json of ${folder} names no ${name}`);
  const file = await verified({ path: path.join(folder, name), digest }, signal);
  if (best === undefined) {
    const { size, sha256 } = manifest.rootfs;
    return { archive: { kind: 'whole', file, expected: { of: 'tar', size, sha256 } }, size: digest.size };
  }
  const { encoding, segments } = best;
  const arrived = new Arrivals(segments.length, segments.length);
  return { archive: { kind: 'blocks', file: file.value, encoding, segments, arrived }, size: digest.size };
}

async function copyToCache(file: VouchedFile, cacheDir: string, signal?: AbortSignal): Promise<Verified<string>> {
  const to = path.join(cacheDir, `${file.digest.sha256}.tar.xz`);
  const partial = `${to}${partialSuffix}`;
  try {
    // A file that is another is not copied, however large it is.
    await verified(file, signal);
    await copyFile(file.path, partial);
    await verifyFile(partial, file.digest, signal);
    await rename(partial, to);
  } finally {
    await rm(partial, { force: true });
  }
  return verifyFile(to, file.digest, signal);
}

async function verified({ path: file, digest }: VouchedFile, signal?: AbortSignal): Promise<Verified<string>> {
  await requireFile(file);
  return verifyFile(file, digest, signal);
}

/** What is no file, such as a pipe, may never end. */
async function requireFile(file: string): Promise<void> {
  try {
    if ((await stat(file)).isFile()) return;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  throw imageFilesMissing(`${file} is no file that is there, although the image has it`);
}
