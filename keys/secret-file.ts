// Files of the keys folder, secrets above all: mode 0600, written through to the disk, whole or not there. Refuses to read one that others could read
// or change. Knows nothing of what is in them.

import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CooperError, explainSystemError, isSystemError } from '../errors/index.ts';

/**
 * Reads a secret that the user named: a file, or a pipe such as a shell makes of `<(…)`. Links are followed; what is opened is judged.
 * @throws CooperError 'key-unsafe', 'bad-usage' for one that cannot be opened; system errors of reading
 */
export async function readSecretFile(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw explainPlace(error, `${path} cannot be read`);
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile() && !stat.isFIFO()) throw unsafe(path, 'is neither a file nor a pipe');
    refuseOthers(path, stat);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Refuses a path in the keys folder that is a link, or that others have a right to.
 * @throws CooperError 'key-unsafe'
 */
export async function refuseUnsafe(path: string, kind: 'file' | 'directory'): Promise<void> {
  const stat = await lstat(path);
  if (kind === 'file' ? !stat.isFile() : !stat.isDirectory()) throw unsafe(path, `is not a plain ${kind}`);
  refuseOthers(path, stat);
}

/**
 * Writes a file that must not be there. On failure nothing is left.
 * @throws CooperError 'secret-file-exists', 'bad-usage' for a place where none can be made, 'no-space'; system errors
 */
export async function createSecretFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    if (isSystemError(error, 'EEXIST')) {
      throw new CooperError('secret-file-exists', { what: `${path} exists`, cause: error });
    }
    throw explainSystemError(explainPlace(error, `${path} cannot be written`), `writing ${path}`);
  });
  try {
    await fill(file, text);
    await syncDirectory(dirname(resolve(path)));
  } catch (error) {
    await removeIfThere(path);
    throw explainSystemError(error, `writing ${path}`);
  }
}

/** A file that is on disk and has no name yet that anybody looks for. Ends with exactly one of its methods, or `discard`. */
export interface StagedFile {
  /** Takes the place of what is there. Atomic and durable. */
  readonly replace: () => Promise<void>;
  /** Takes its place unless something is there: then EEXIST is thrown. Atomic and durable. */
  readonly place: () => Promise<void>;
  /** Removes it when it has taken no place. */
  readonly discard: () => Promise<void>;
}

/** Writes what `directory`/`name` is to hold beside it. Throws `no-space`. */
export async function stageSecretFile(directory: string, name: string, text: string): Promise<StagedFile> {
  const target = join(directory, name);
  const staged = join(directory, `.${name}.${randomBytes(6).toString('hex')}`);
  try {
    await fill(await open(staged, 'wx', 0o600), text);
  } catch (error) {
    await removeIfThere(staged);
    throw explainSystemError(error, `writing ${target}`);
  }
  return {
    replace: async () => {
      await rename(staged, target);
      await syncDirectory(directory);
    },
    place: async () => {
      await link(staged, target);
      await unlink(staged);
      await syncDirectory(directory);
    },
    discard: () => removeIfThere(staged),
  };
}

/** Writes `directory`/`name` anew. Atomic and durable. Throws `no-space`. */
export async function replaceSecretFile(directory: string, name: string, text: string): Promise<void> {
  const staged = await stageSecretFile(directory, name, text);
  try {
    await staged.replace();
  } finally {
    await staged.discard();
  }
}

/** Removes a file that may be there. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

const misplaced = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ELOOP', 'ENXIO'];

/** The user named the place, so that what is wrong with it is for the user to read. */
function explainPlace(error: unknown, what: string): unknown {
  const code = misplaced.find((one) => isSystemError(error, one));
  return code === undefined ? error : new CooperError('bad-usage', { what: `${what} (${code})`, cause: error });
}

function unsafe(path: string, problem: string): CooperError {
  return new CooperError('key-unsafe', { what: `${path} ${problem}` });
}

function refuseOthers(path: string, stat: Stats): void {
  const uid = process.getuid?.();
  if (stat.uid !== uid && stat.uid !== 0) throw unsafe(path, `belongs to another user (uid ${stat.uid})`);
  const others = stat.mode & 0o077;
  if (others !== 0) throw unsafe(path, `is open to other users (mode ${(stat.mode & 0o777).toString(8)})`);
}

async function fill(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
