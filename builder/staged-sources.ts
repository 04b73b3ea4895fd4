// Brings the files that a definition copies to where a worker can read them: the worker has the ids of the image, which may
// have no right to the files of the one who builds. They go away with the work that needed them.

import { constants } from 'node:fs';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlacedFile } from '../provision/index.ts';
import type { ImageFile } from '../variants/index.ts';

/**
 * Hands `use` the files as they are placed, and the folders it needs for that. `beside`: a folder of the build. What was
 * changed meanwhile is not noticed here but when it is placed.
 */
export async function withStagedSources(
  files: readonly ImageFile[],
  beside: string,
  use: (files: readonly PlacedFile[], folders: readonly string[]) => Promise<void>,
): Promise<void> {
  if (!files.some(({ kind }) => kind === 'copy')) {
    await use(
      files.map((file) => placedFile(file, beside)),
      [],
    );
    return;
  }
  const folder = await mkdtemp(join(beside, 'sources-'));
  try {
    await chmod(folder, 0o755);
    await stage(files, folder);
    await use(
      files.map((file) => placedFile(file, folder)),
      [folder],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function stage(files: readonly ImageFile[], folder: string): Promise<void> {
  const sources = new Map(files.flatMap((file) => (file.kind === 'copy' ? [[file.source.sha256, file.source]] : [])));
  for (const [sha256, source] of sources) {
    const staged = join(folder, sha256);
    await copyFile(source.place(), staged, constants.COPYFILE_FICLONE);
    await chmod(staged, 0o644);
  }
}

function placedFile(file: ImageFile, folder: string): PlacedFile {
  if (file.kind !== 'copy') return file;
  const { size, sha256 } = file.source;
  return { ...file, source: { file: join(folder, sha256), size, sha256, name: file.source.place() } };
}
