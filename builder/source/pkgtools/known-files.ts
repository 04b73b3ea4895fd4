// The digests of packages that nobody has signed, as they were when they were fetched first: what comes later under the same name has to
// be the same. One file for each mirror of a definition, whatever mirror a run is told to use instead.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CooperError, explainSystemError, isSystemError } from '../../../errors/index.ts';
import { type FileDigest, type Sha256, sha256Of } from '../../../keys/index.ts';

const documentSchema = z.object({
  schemaVersion: z.literal(1),
  mirror: z.string(),
  files: z.record(
    z.string(),
    z.object({
      size: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      /** A second mirror had the same bytes. */
      compared: z.boolean(),
    }),
  ),
});

/** A package as it was first. */
export interface KnownFile {
  readonly digest: FileDigest;
  readonly compared: boolean;
}

/** What is known of a mirror. */
export class KnownFiles {
  readonly #mirror: string;
  readonly #folder: string | undefined;
  readonly #files: Map<string, KnownFile>;

  private constructor(mirror: string, folder: string | undefined, files: Map<string, KnownFile>) {
    this.#mirror = mirror;
    this.#folder = folder;
    this.#files = files;
  }

  /** `folder` undefined: nothing is known, and nothing is kept. Throws `trust-state-invalid`. */
  static async open(mirror: string, folder: string | undefined): Promise<KnownFiles> {
    const text = folder === undefined ? undefined : await textOf(placeOf(folder, mirror));
    return new KnownFiles(mirror, folder, text === undefined ? new Map() : parsed(text, placeOf(folder ?? '', mirror)));
  }

  /** Where it is kept, for people. */
  get place(): string {
    return this.#folder === undefined ? 'nowhere' : placeOf(this.#folder, this.#mirror);
  }

  get(path: string): KnownFile | undefined {
    return this.#files.get(path);
  }

  set(path: string, file: KnownFile): void {
    this.#files.set(path, file);
  }

  /** Writes what was added, atomically; what another run has added meanwhile stays. */
  async keep(): Promise<void> {
    if (this.#folder === undefined || this.#files.size === 0) return;
    const file = placeOf(this.#folder, this.#mirror);
    const partial = `${file}.${process.pid}`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o755 });
      const meanwhile = await textOf(file);
      const others = meanwhile === undefined ? [] : [...parsed(meanwhile, file)];
      const all = [...new Map([...others, ...this.#files])].sort(([one], [other]) => (one < other ? -1 : 1));
      const files = Object.fromEntries(all.map(([path, { digest, compared }]) => [path, { ...digest, compared }]));
      await writeFile(partial, `${JSON.stringify({ schemaVersion: 1, mirror: this.#mirror, files }, undefined, 1)}\n`);
      await rename(partial, file);
    } catch (error) {
      await rm(partial, { force: true });
      throw explainSystemError(error, `writing ${file}`);
    }
  }
}

function placeOf(folder: string, mirror: string): string {
  return join(folder, `packages-${sha256Of(mirror).slice(0, 16)}.json`);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parsed(text: string, file: string): Map<string, KnownFile> {
  try {
    const { files } = documentSchema.parse(JSON.parse(text));
    return new Map(
      Object.entries(files).map(([path, { size, sha256, compared }]) => [
        path,
        { digest: { size, sha256: sha256 as Sha256 }, compared },
      ]),
    );
  } catch (cause) {
    throw new CooperError('trust-state-invalid', { what: `${file} is damaged`, cause });
  }
}
