// Downloads one file: bounded, hashed while it streams, and visible under its name only when it is whole, right and on disk.
// Refuses to leave anything behind: a failed, wrong or aborted download takes its temporary file with it.

import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainSystemError, isSystemError } from '../errors/index.ts';
import type { FileDigest, Sha256 } from '../keys/digest.ts';
import type { Answer, HeadersFor } from './attempt.ts';
import { requireDigest } from './bytes.ts';
import { answering, type Dialogue } from './dialogue.ts';
import { partialSuffix } from './orphans.ts';
import { fetchRest, Gap, orAnew, writeAt } from './rest.ts';
import { retry } from './retry.ts';
import type { Transport } from './transport.ts';

/** What to download. Exactly one bound is given: the digest of a signed document, or a limit in bytes. */
export type DownloadOptions = {
  readonly transport: Transport;
  /** Path of the file; its folder must exist. An existing file is replaced. */
  readonly to: string;
  /** Permission bits of the file, whatever the umask. Default 0644. */
  readonly mode?: number;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of this file so far; may start again when an attempt is repeated. */
  readonly onProgress?: (bytes: number) => void;
  /** Judges where a redirect leads: throws a CooperError when it may not. Default: anywhere. */
  readonly onRedirect?: ((to: URL) => void) | undefined;
  /** As of Attempt. */
  readonly headersFor?: HeadersFor | undefined;
  /** As of Dialogue. */
  readonly onRefusal?: Dialogue['onRefusal'];
  /** What the answer says of its body; again when an attempt is repeated. */
  readonly onAnswer?: (answer: Answer) => void;
} & ({ readonly digest: FileDigest } | { readonly limit: number });

/**
 * Fetches `url` into `options.to`, atomically (temporary file in the same folder, fsync, rename). With a digest, a connection that broke off is
 * gone on with behind what has come; a server that does not know how sends all of it again, and what does not go together is fetched anew, once.
 * @returns size and SHA-256 of the file
 * @throws CooperError as fetchBytes does, and `no-space`
 */
export async function download(url: string, options: DownloadOptions): Promise<FileDigest> {
  const { transport, signal, to } = options;
  const temporary = join(dirname(to), `.${basename(to)}.${randomBytes(6).toString('hex')}${partialSuffix}`);
  const arriving = new ArrivingFile(temporary, options);
  const once = () => transport.slots.run(() => arriving.fetch(url), signal);
  try {
    const digest = await retry(
      transport.attempts,
      signal,
      () => answering(options, once),
      () => arriving.kept,
    );
    await rename(temporary, to);
    return digest;
  } catch (error) {
    await removeIfThere(temporary);
    throw explainSystemError(error, `downloading ${url}`);
  }
}

/** The temporary file. It is open during an attempt alone: many may wait for theirs. */
class ArrivingFile {
  readonly #path: string;
  readonly #options: DownloadOptions;
  readonly #gap: Gap;
  #hash = createHash('sha256');
  #file: FileHandle | undefined;
  #made = false;

  constructor(path: string, options: DownloadOptions) {
    this.#path = path;
    this.#options = options;
    const growing = {
      write: async (chunk: Buffer, position: number) => {
        this.#hash.update(chunk);
        await writeAt(this.#opened, chunk, position);
      },
      clear: async () => {
        this.#hash = createHash('sha256');
        await this.#opened.truncate(0);
      },
    };
    this.#gap = new Gap(growing, 0, options.onProgress);
  }

  /** Steps of the gap that the next attempt need not fetch, at the most. */
  get kept(): number {
    return 'digest' in this.#options ? this.#gap.stepsOf(this.#options.digest.size) : 0;
  }

  async fetch(url: string): Promise<FileDigest> {
    const { mode = 0o644 } = this.#options;
    const file = await open(this.#path, this.#made ? 'r+' : 'wx', 0o600);
    this.#made = true;
    this.#file = file;
    try {
      const digest = await orAnew(this.#gap, () => this.#fetchRest(url));
      await file.chmod(mode);
      await file.sync();
      return digest;
    } finally {
      this.#file = undefined;
      await file.close();
    }
  }

  async #fetchRest(url: string): Promise<FileDigest> {
    const options = this.#options;
    const { transport, signal, onRedirect, onAnswer, headersFor } = options;
    const size = 'digest' in options ? options.digest.size : undefined;
    const limit = 'digest' in options ? options.digest.size : options.limit;
    await fetchRest(url, this.#gap, { transport, size, limit, signal, onRedirect, onAnswer, headersFor });
    const digest = { size: this.#gap.at, sha256: this.#hash.copy().digest('hex') as Sha256 };
    if ('digest' in options) requireDigest(url, options.digest, digest);
    return digest;
  }

  get #opened(): FileHandle {
    if (this.#file === undefined) throw new TypeError('no attempt is under way');
    return this.#file;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) {
      throw error;
    }
  }
}
