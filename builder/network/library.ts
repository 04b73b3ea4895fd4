// Gets what scripts ask for: out of the record of this build, else from the upstream into the home's cache, where things lie
// by their digest. With a record from a lock file nothing is fetched that it does not list.

import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { download, partialSuffix, removeOrphans, type Transport } from '../../fetch/index.ts';
import { type ContentCache, openContentCache } from '../source/cache.ts';
import { scriptCacheOf } from '../source/fetched.ts';
import { isInnerAddress } from './addresses.ts';
import { type FetchedFile, FetchRecord } from './record.ts';
import { addressOf, isListed, type Upstream, type Wanted } from './upstreams.ts';

/** What a library needs. */
export interface LibraryOptions {
  /** `<home>/cache`; `fetched/` in it is used. */
  readonly cacheDir: string;
  readonly transport: Transport;
  readonly upstreams: readonly Upstream[];
  /** Bytes of everything together. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** What the lock file of a locked build lists: nothing else is there, and nothing comes from outside. */
  readonly locked?: readonly FetchedFile[];
}

/** A thing with the file that holds it. */
export interface Held {
  readonly file: FetchedFile;
  readonly at: string;
}

/** Hands out things by address. */
export class Library {
  readonly #options: LibraryOptions;
  readonly #cache: ContentCache;
  readonly #folder: string;
  readonly #record: FetchRecord;
  readonly #running = new Map<string, Promise<Held>>();
  readonly #outside: Transport;
  readonly #inside: Transport;

  private constructor(options: LibraryOptions, folder: string, cache: ContentCache) {
    this.#options = options;
    this.#folder = folder;
    this.#cache = cache;
    this.#record = new FetchRecord(options.limit, options.locked);
    this.#inside = options.transport;
    this.#outside = options.transport.refusing(isInnerAddress);
  }

  static async open(options: LibraryOptions): Promise<Library> {
    const folder = scriptCacheOf(options.cacheDir);
    const cache = await openContentCache(folder);
    await removeOrphans(folder);
    return new Library(options, folder, cache);
  }

  /** Everything handed out so far; of a locked build everything that it may ask for. */
  get fetched(): readonly FetchedFile[] {
    return this.#record.list();
  }

  /**
   * The thing that is wanted; the same one for the same address as long as the build lasts.
   * @throws CooperError as download does; `not-in-lock`, `fetch-limit`, `redirect-not-listed`, `inner-address`
   */
  get(wanted: Wanted): Promise<Held> {
    const key = addressOf(wanted).href;
    const running = this.#running.get(key) ?? this.#find(wanted);
    this.#running.set(key, running);
    // What failed may be asked for again; what came stays.
    running.catch(() => this.#running.delete(key));
    return running;
  }

  async #find(wanted: Wanted): Promise<Held> {
    const known = this.#record.find(wanted.upstream.name, wanted.path);
    if (known !== undefined)
      return { file: known, at: await this.#cache.obtain(known, (to) => this.#again(wanted, known, to)) };
    if (this.#options.locked !== undefined) throw notLocked(wanted);
    return this.#fetch(wanted);
  }

  async #fetch(wanted: Wanted): Promise<Held> {
    const temporary = join(this.#folder, `.${randomBytes(6).toString('hex')}${partialSuffix}`);
    let mediaType: string | undefined;
    const asked = addressOf(wanted).href;
    let folder = false;
    try {
      const conditions = this.#conditions(wanted);
      const digest = await download(asked, {
        ...conditions,
        onRedirect: (to) => {
          conditions.onRedirect(to);
          folder ||= to.href === `${asked}/`;
        },
        to: temporary,
        limit: this.#record.left,
        onAnswer: (answer) => {
          mediaType = answer.mediaType;
        },
      });
      const at = await this.#cache.obtain(digest, (to) => rename(temporary, to));
      const { name: upstream } = wanted.upstream;
      const kind = mediaType === undefined ? {} : { mediaType };
      const file = { upstream, path: wanted.path, ...digest, ...kind, ...(folder ? { folder } : {}) };
      this.#record.add(file);
      return { file, at };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** What a lock file lists and the cache has lost. */
  async #again(wanted: Wanted, { size, sha256 }: FetchedFile, to: string): Promise<void> {
    if (this.#options.locked !== undefined) {
      const what = `${addressOf(wanted).href} is in the lock file, but not in the cache (sha256 ${sha256})`;
      throw new CooperError('not-in-lock', { what });
    }
    await download(addressOf(wanted).href, { ...this.#conditions(wanted), to, digest: { size, sha256 } });
  }

  #conditions({ upstream }: Wanted) {
    const { upstreams, signal } = this.#options;
    requireOuter(addressOf({ upstream, path: '' }), upstream);
    return {
      transport: upstream.inner ? this.#inside : this.#outside,
      signal,
      onRedirect: (to: URL) => {
        const listed = isListed(to, upstreams);
        if (listed === undefined)
          throw new CooperError('redirect-not-listed', { what: `it is redirected to ${to.href}` });
        // A transport that may reach this machine must not be led there from an upstream that may, to one that may not.
        if (upstream.inner && !listed.inner)
          throw new CooperError('redirect-not-listed', { what: `it is redirected to ${to.href}` });
        requireOuter(to, listed);
      },
    };
  }
}

/** An address that is written as such is never looked up, so it is judged here. */
function requireOuter(url: URL, upstream: Upstream): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (upstream.inner || !/^[\d.]+$|:/.test(host) || !isInnerAddress(host)) return;
  throw new CooperError('inner-address', { what: `${upstream.name} (${upstream.url}) is at ${host}` });
}

function notLocked(wanted: Wanted): CooperError {
  return new CooperError('not-in-lock', { what: `the lock file does not list ${addressOf(wanted).href}` });
}
