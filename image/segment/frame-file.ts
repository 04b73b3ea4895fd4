// rootfs.tar.zst while it is written: frames one behind the other, then the table of them.

import { type FileHandle, open } from 'node:fs/promises';
import { encodeSeekTable, type FramePlace } from '../zstd/seek-table.ts';

/** A new file. Close it, whatever happens. */
export class FrameFile {
  readonly #file: FileHandle;
  readonly #frames: FramePlace[] = [];
  #offset = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<FrameFile> {
    return new FrameFile(await open(path, 'wx', 0o644));
  }

  /** Gives its offset. */
  async add(frame: Buffer, uncompressedSize: number): Promise<number> {
    const offset = this.#offset;
    await this.#file.writeFile(frame);
    this.#frames.push({ offset, size: frame.length, uncompressedSize });
    this.#offset += frame.length;
    return offset;
  }

  /** Writes the table and syncs the file. */
  async finish(): Promise<void> {
    await this.#file.writeFile(encodeSeekTable(this.#frames));
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
