// What a path on the command line holds of an image: the folder of a build, or a root archive and its metadata. Refuses what lacks
// one of its files before anything is read.

import { type FileHandle, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';

/** Files of an image on this machine; absolute paths. */
export type LocalFiles =
  /** `image.json` says what else there is. */
  | { readonly kind: 'build'; readonly folder: string }
  | { readonly kind: 'pair'; readonly rootfs: string; readonly metadata: string };

const [rootfsName, metadataName, manifestName] = ['rootfs.tar.xz', 'meta.tar.xz', 'image.json'];

/**
 * Looks at `given`, a folder or a root archive; `metadata` names a meta.tar.xz that is not beside it.
 * @throws CooperError `image-files-missing`, `bad-usage` for metadata beside a whole build
 */
export async function findLocalFiles(given: string, metadata?: string): Promise<LocalFiles> {
  const kind = await kindOf(given);
  if (kind === undefined) throw imageFilesMissing(`${given} does not exist`);
  const isFolder = kind === 'folder';
  if (isFolder && (await kindOf(path.join(given, manifestName))) === 'file') {
    if (metadata === undefined) return { kind: 'build', folder: given };
    throw new CooperError('bad-usage', {
      what: `${given} is the folder of a build, which has its own metadata`,
      next: 'Leave --metadata out, or name the rootfs.tar.xz alone.',
    });
  }
  const rootfs = isFolder ? path.join(given, rootfsName) : given;
  const files = { rootfs, metadata: metadata ?? path.join(path.dirname(rootfs), metadataName) };
  const lacking: string[] = [];
  for (const file of [files.rootfs, files.metadata]) {
    if ((await kindOf(file)) !== 'file') lacking.push(`${file} is no file that is there`);
  }
  if (lacking.length > 0) throw imageFilesMissing(`${given} is no image: it lacks files`, lacking);
  await requireReadable(files.rootfs);
  return { kind: 'pair', ...files };
}

/** What other tools make of a root, by how it begins. */
const otherRoots: readonly (readonly [magic: string, what: string])[] = [
  ['68737173', 'a squashfs, which is not read here'],
  ['28b52ffd', 'compressed with zstd'],
  ['1f8b', 'compressed with gzip'],
  ['425a68', 'compressed with bzip2'],
];

/** Only xz is read; what else it is can be said in words. Throws `archive-unsupported`. */
async function requireReadable(rootfs: string): Promise<void> {
  const file = await open(rootfs, 'r');
  const head = await headOf(file).finally(() => file.close());
  const other = otherRoots.find(([magic]) => head.startsWith(magic));
  if (other === undefined) return;
  throw new CooperError('archive-unsupported', {
    what: `${rootfs} is ${other[1]}`,
    next: 'Give a root file system as rootfs.tar.xz.',
  });
}

async function headOf(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.subarray(0, bytesRead).toString('hex');
}

async function kindOf(file: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const status = await stat(file);
    return status.isFile() ? 'file' : status.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].some((code) => isSystemError(error, code))) return undefined;
    if (!isSystemError(error, 'EACCES') && !isSystemError(error, 'ELOOP')) throw error;
    throw imageFilesMissing(`${file} cannot be looked at`, [], error);
  }
}

/** `image-files-missing`, with a line for each file. */
export function imageFilesMissing(what: string, lines: readonly string[] = [], cause?: unknown): CooperError {
  return new CooperError('image-files-missing', { what, lines, cause });
}
