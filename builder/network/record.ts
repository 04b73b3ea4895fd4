// What a build has fetched from inside, thing by thing: one address gives one thing for the whole build, and the lock file
// carries all of them. Pure but for its memory. Refuses to count beyond the limit of the definition.

import { CooperError } from '../../errors/index.ts';
import type { FileDigest } from '../../keys/index.ts';

/** One thing that was fetched: `path` relative to the upstream of that name, percent-encoded, with its query. */
export interface FetchedFile extends FileDigest {
  readonly upstream: string;
  readonly path: string;
  /** Content-Type, when the upstream said one: package managers look at it. */
  readonly mediaType?: string | undefined;
  /** The upstream leads from this address to the same with a slash: what was asked for is a folder. */
  readonly folder?: boolean | undefined;
}

/** Counts bytes of one build and remembers what they were. */
export class FetchRecord {
  readonly limit: number;
  readonly #files = new Map<string, FetchedFile>();
  #bytes = 0;

  constructor(limit: number, known: readonly FetchedFile[] = []) {
    this.limit = limit;
    for (const file of known) this.#files.set(key(file), file);
  }

  /** Bytes that may still come. */
  get left(): number {
    return Math.max(0, this.limit - this.#bytes);
  }

  find(upstream: string, path: string): FetchedFile | undefined {
    return this.#files.get(key({ upstream, path }));
  }

  /** @throws CooperError `fetch-limit` */
  add(file: FetchedFile): void {
    if (file.size > this.left) {
      throw new CooperError('fetch-limit', { what: `scripts have fetched more than ${this.limit} bytes` });
    }
    this.#bytes += file.size;
    this.#files.set(key(file), file);
  }

  /** All of them, by upstream and path. */
  list(): readonly FetchedFile[] {
    return [...this.#files.values()].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  }
}

const key = ({ upstream, path }: { readonly upstream: string; readonly path: string }) => `${upstream} ${path}`;
