// Brings files that are copied into a root to where a worker and the programs of a box can read them: they have the ids of the
// root, which may have no right to the files of the caller. They go away with the work that needed them.

import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopySource, PlacedFile } from './placed-file.ts';

/** A folder whose files everybody can read who is shown it; nobody else gets through the folder around it. */
export class StagedSources {
  readonly folder: string;
  readonly #outer: string;

  private constructor(outer: string) {
    this.#outer = outer;
    this.folder = join(outer, 'files');
  }

  /** Makes the folder below `beside`. */
  static async open(beside: string): Promise<StagedSources> {
    const staged = new StagedSources(await mkdtemp(join(beside, 'sources-')));
    await mkdir(staged.folder);
    await chmod(staged.folder, 0o755);
    return staged;
  }

  /** The file as it is placed. What was changed meanwhile is not noticed here but when it is placed. */
  async place(file: PlacedFile): Promise<PlacedFile> {
    return file.kind === 'copy' ? { ...file, source: await this.copy(file.source) } : file;
  }

  /** A copy of a file of the host, under the name of its digest. */
  async copy(source: CopySource): Promise<CopySource> {
    const file = join(this.folder, source.sha256);
    await copyFile(source.file, file, constants.COPYFILE_FICLONE);
    await chmod(file, 0o644);
    return { ...source, file };
  }

  /** A file with this text; gives its path. */
  async write(name: string, text: string, mode: number): Promise<string> {
    const file = join(this.folder, name);
    await writeFile(file, text);
    await chmod(file, mode);
    return file;
  }

  /** Removes the folder and all that is in it. */
  async close(): Promise<void> {
    await rm(this.#outer, { recursive: true });
  }
}
