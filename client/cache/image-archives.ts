// Where the archives of an image lie in the cache, and whether they are all there: named by SHA-256, judged by their digests when they
// are used.

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasZstd, type Manifest } from '../../image/index.ts';
import type { FileDigest } from '../../keys/index.ts';
import { whereAllowed } from './kept-files.ts';

const archiveName = /^[0-9a-f]{64}\.tar\.(xz|zst)$/;

/** The path of a file of an image. */
export function archivePath(cacheDir: string, name: string, { sha256 }: Pick<FileDigest, 'sha256'>): string {
  return path.join(cacheDir, sha256 + name.slice(name.indexOf('.')));
}

/** Paths of the archives in the cache, whatever they are of. */
export async function archivesIn(cacheDir: string): Promise<string[]> {
  const names = (await whereAllowed(() => readdir(cacheDir))) ?? [];
  return names.filter((name) => archiveName.test(name)).map((name) => path.join(cacheDir, name));
}

/** Paths that the archives of an image have: those that a client may take. */
export function archivesOf(cacheDir: string, { files }: Pick<Manifest, 'files'>): string[] {
  return ['meta.tar.xz', ...rootfsNames].flatMap((name) => {
    const digest = files[name];
    return digest === undefined ? [] : [archivePath(cacheDir, name, digest)];
  });
}

const rootfsNames = ['rootfs.tar.xz', 'rootfs.tar.zst'];

/** Whether nothing of the image need be fetched, as far as sizes tell. */
export async function isHere(cacheDir: string, { files }: Pick<Manifest, 'files'>): Promise<boolean> {
  const has = async (name: string) => {
    const digest = files[name];
    if (digest === undefined || (name.endsWith('.zst') && !hasZstd())) return false;
    return (await whereAllowed(() => stat(archivePath(cacheDir, name, digest))))?.size === digest.size;
  };
  if (!(await has('meta.tar.xz'))) return false;
  return (await Promise.all(rootfsNames.map(has))).includes(true);
}
