// The two archives of an image in the cache: named by SHA-256, checked against the signed manifest each time they are used.
// A cached file that differs is fetched anew; nothing is ever given out unverified.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { download, removeOrphans, together } from '../../fetch/index.ts';
import type { Manifest } from '../../image/index.ts';
import { type FileDigest, type Verified, verifyFile } from '../../keys/index.ts';
import type { ChosenImage } from '../verify/images.ts';
import { addressBelow } from '../verify/server-address.ts';

/** An image whose every byte was judged by its publisher's signature: the only thing that can be unpacked. */
export interface VerifiedImage {
  readonly manifest: Manifest;
  /** Path of rootfs.tar.xz in the cache. */
  readonly rootfs: Verified<string>;
  /** Path of meta.tar.xz in the cache. */
  readonly meta: Verified<string>;
}

/** How to fetch. */
export interface FetchImageOptions {
  /** `<home>/cache/images`; made when it does not exist. */
  readonly cacheDir: string;
  /** Takes nothing from the cache: what is there is replaced. */
  readonly flushCache?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of both archives so far; `total` is what the manifest says. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Gets rootfs.tar.xz and meta.tar.xz of an image, from the cache when they are there. When one fails, neither goes on.
 * @throws CooperError as download does; `signed-document-invalid` when the manifest lacks one of both
 */
export async function fetchImage(image: ChosenImage, options: FetchImageOptions): Promise<VerifiedImage> {
  await mkdir(options.cacheDir, { recursive: true });
  await removeOrphans(options.cacheDir);
  const names = ['rootfs.tar.xz', 'meta.tar.xz'] as const;
  const digests = names.map((name) => digestIn(image, name));
  const total = digests.reduce((sum, { size }) => sum + size, 0);
  const done = new Map<string, number>();
  const report = (name: string) => (bytes: number) => {
    done.set(name, bytes);
    options.onProgress?.(
      [...done.values()].reduce((sum, one) => sum + one, 0),
      total,
    );
  };
  const [rootfs, meta] = await together(
    options.signal,
    names.map((name) => (signal) => fetchFile(image, name, { ...options, signal }, report(name))),
  );
  if (rootfs === undefined || meta === undefined) throw new CooperError('internal', { what: 'an archive is missing' });
  return { manifest: image.contents, rootfs, meta };
}

async function fetchFile(
  image: ChosenImage,
  name: string,
  options: FetchImageOptions,
  onProgress: (bytes: number) => void,
): Promise<Verified<string>> {
  const digest = digestIn(image, name);
  const to = path.join(options.cacheDir, `${digest.sha256}.tar.xz`);
  const cached = options.flushCache === true ? undefined : await checkCached(to, digest, options.signal);
  if (cached === undefined) {
    const address = addressBelow(image.publisher.server, `${image.path}${name}`).href;
    const { transport } = image.publisher;
    await download(address, { transport, to, digest, signal: options.signal, onProgress });
  }
  onProgress(digest.size);
  return cached ?? verifyFile(to, digest, options.signal);
}

/** The cached file when it is there and right; undefined sends the caller to the server. */
async function checkCached(
  file: string,
  digest: FileDigest,
  signal?: AbortSignal,
): Promise<Verified<string> | undefined> {
  try {
    return await verifyFile(file, digest, signal);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (error instanceof CooperError && error.code === 'digest-mismatch') return undefined;
    throw error;
  }
}

function digestIn(image: ChosenImage, name: string): FileDigest {
  const digest = image.contents.files[name];
  if (digest !== undefined) return digest;
  throw new CooperError('signed-document-invalid', { what: `image.json of ${image.path} does not name ${name}` });
}
