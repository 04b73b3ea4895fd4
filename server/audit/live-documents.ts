// The documents of a live generation as an audit reads them: what is not there is no error.

import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type Certificate, verifyDetached } from '../../keys/index.ts';
import type { Finding } from './finding.ts';

/** Documents by path below the web root; remembers which of them have a meaning. */
export class LiveDocuments {
  readonly #live: string;
  readonly #expected = new Set<string>();

  /** `live`: absolute path of the web root. */
  constructor(live: string) {
    this.#live = live;
  }

  /** Notes that a document of this path belongs here. */
  expect(path: string): void {
    this.#expected.add(path);
  }

  /** As text. Undefined when it is not there, or no file. */
  async read(path: string): Promise<string | undefined> {
    return (await this.readBytes(path))?.toString('utf8');
  }

  /** Likewise. */
  async readBytes(path: string): Promise<Buffer | undefined> {
    this.expect(path);
    try {
      return await readFile(join(this.#live, path));
    } catch (error) {
      if (['ENOENT', 'EISDIR', 'ENOTDIR', 'ELOOP'].some((code) => isSystemError(error, code))) return undefined;
      throw error;
    }
  }

  /** Contents of what was asked for and is there, by path. */
  async documents(): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const path of this.#expected) {
      const bytes = await this.readBytes(path);
      if (bytes !== undefined) found.set(path, bytes);
    }
    return found;
  }

  /** Files whose path was not asked for. */
  async others(): Promise<string[]> {
    const entries = await readdir(`${this.#live}/`, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return files.map((file) => relative(this.#live, file)).filter((path) => !this.#expected.has(path));
  }
}

/** What is wrong with the detached signature at `path`, which is to be one over `text`. */
export async function problemsOfSignature(
  generation: LiveDocuments,
  path: string,
  text: string,
  publisher: Certificate,
): Promise<Finding[]> {
  const bytes = await generation.readBytes(path);
  if (bytes === undefined) return [{ path, problem: 'is missing' }];
  try {
    const signature = path.endsWith('.asc') ? bytes.toString('utf8') : bytes;
    await verifyDetached(Buffer.from(text), signature, [publisher], 'when-signed', path.replace(/\.\w+$/, ''));
    return [];
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    return [{ path, problem: `is refused: ${error.message}` }];
  }
}
