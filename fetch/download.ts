// Downloads one file: bounded, hashed while it streams, and visible under its name only when it is whole, right and on disk.
// Refuses to leave anything behind: a failed, wrong or aborted download takes its temporary file with it.

import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainSystemError, isSystemError } from '../errors/index.ts';
import type { FileDigest, Sha256 } from '../keys/digest.ts';
import { type Answer, attempt, type HeadersFor } from './attempt.ts';
import { requireDigest } from './bytes.ts';
import { partialSuffix } from './orphans.ts';
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
  /** Bytes of this file so far; starts again when an attempt is repeated. */
  readonly onProgress?: (bytes: number) => void;
  /** Judges where a redirect leads: throws a CooperError when it may not. Default: anywhere. */
  readonly onRedirect?: ((to: URL) => void) | undefined;
  /** As of Attempt. */
  readonly headersFor?: HeadersFor | undefined;
  /** As of Attempt. */
  readonly onChallenge?: ((challenge: string, from: URL) => void) | undefined;
  /** What the answer says of its body; again when an attempt is repeated. */
  readonly onAnswer?: (answer: Answer) => void;
} & ({ readonly digest: FileDigest } | { readonly limit: number });

/**
 * Fetches `url` into `options.to`, atomically (temporary file in the same folder, fsync, rename).
 * @returns size and SHA-256 of the file
 * @throws CooperError as fetchBytes does, and `no-space`
 */
export async function download(url: string, options: DownloadOptions): Promise<FileDigest> {
  const { transport, signal } = options;
  return retry(transport.attempts, signal, () => transport.slots.run(() => downloadOnce(url, options), signal));
}

async function downloadOnce(url: string, options: DownloadOptions): Promise<FileDigest> {
  const folder = dirname(options.to);
  const name = `.${basename(options.to)}.${randomBytes(6).toString('hex')}${partialSuffix}`;
  const temporary = join(folder, name);
  try {
    const file = await open(temporary, 'wx', 0o600);
    let digest: FileDigest;
    try {
      digest = await writeBody(url, file, options);
      await file.chmod(options.mode ?? 0o644);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, options.to);
    return digest;
  } catch (error) {
    await removeIfThere(temporary);
    throw explainSystemError(error, `downloading ${url}`);
  }
}

async function writeBody(url: string, file: FileHandle, options: DownloadOptions): Promise<FileDigest> {
  const { transport, signal, onProgress, onRedirect, onAnswer, headersFor, onChallenge } = options;
  const limit = 'digest' in options ? options.digest.size : options.limit;
  const hash = createHash('sha256');
  let size = 0;
  await attempt(url, { transport, limit, signal, onRedirect, onAnswer, headersFor, onChallenge }, async (chunk) => {
    hash.update(chunk);
    await file.writeFile(chunk);
    size += chunk.byteLength;
    onProgress?.(size);
  });
  const digest = { size, sha256: hash.digest('hex') as Sha256 };
  if ('digest' in options) {
    requireDigest(url, options.digest, digest);
  }
  return digest;
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
