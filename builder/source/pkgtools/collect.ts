// Brings packages into the cache whose SHA-256 nobody has published: they are fetched, judged by what there is, and known by their digests
// from then on. Several at once; the first failure stops the others, and nothing that was refused stays.

import { CooperError } from '../../../errors/index.ts';
import { download, inLanes } from '../../../fetch/index.ts';
import type { FileDigest } from '../../../keys/index.ts';
import { type CachedFile, type ContentCache, openContentCache } from '../cache.ts';
import { mirrorUrl } from '../debian/context.ts';
import { packageCacheOf } from '../fetched.ts';
import type { SourceContext } from '../kind.ts';
import { lastFetched, noteFetched } from '../seed/last-fetched.ts';
import type { Offer } from './choose.ts';
import { KnownFiles } from './known-files.ts';
import { explainMissing, packageLimit } from './mirror.ts';

/** Where packages come from, and what tells the right ones. */
export interface Collecting {
  /** Of the definition: what is known is kept under it. */
  readonly definition: string;
  /** Of this run. */
  readonly mirror: string;
  /** Has to have the same bytes. */
  readonly compare: string | undefined;
  /** Throws for a file that is not the one that the mirror's own lists name. */
  readonly judge: (offer: Offer, file: CachedFile) => Promise<void>;
  /** Those lists are signed. */
  readonly signed: boolean;
}

/**
 * The digests of packages, in their order.
 * @throws CooperError `first-use-changed`, `mirrors-disagree`, `package-missing`, of fetch/, and what `judge` throws
 */
export async function collectPackages(
  offers: readonly Offer[],
  from: Collecting,
  context: SourceContext,
  onProgress: (done: number) => void,
): Promise<readonly FileDigest[]> {
  const cache = await openContentCache(packageCacheOf(context.cacheDir));
  // What is signed needs no memory to be believed.
  const known = await KnownFiles.open(from.definition, from.signed ? undefined : context.seenDir);
  let done = 0;
  const work = async (offer: Offer, signal: AbortSignal) => {
    const digest = await new Collected(offer, from, { ...context, signal }, cache, known).digest();
    done += 1;
    onProgress(done);
    return digest;
  };
  try {
    return await inLanes(context.signal, offers, work);
  } finally {
    // Also what has come before something failed was seen first then.
    await known.keep();
  }
}

/** One package on its way. */
class Collected {
  readonly #offer: Offer;
  readonly #from: Collecting;
  readonly #context: SourceContext;
  readonly #cache: ContentCache;
  readonly #known: KnownFiles;

  constructor(offer: Offer, from: Collecting, context: SourceContext, cache: ContentCache, known: KnownFiles) {
    this.#offer = offer;
    this.#from = from;
    this.#context = context;
    this.#cache = cache;
    this.#known = known;
  }

  async digest(): Promise<FileDigest> {
    const { path } = this.#offer;
    const { signed, compare } = this.#from;
    if (signed) return this.#signedDigest();
    const before = this.#known.get(path);
    const cached = before === undefined ? undefined : await this.#cache.find(before.digest.sha256);
    if (cached !== undefined) await this.#from.judge(this.#offer, cached);
    const { digest } = cached ?? (await this.#fetch(before?.digest));
    const isNew = compare !== undefined && before?.compared !== true;
    if (isNew) await this.#compare(compare, digest);
    this.#known.set(path, { digest, compared: isNew || before?.compared === true });
    return digest;
  }

  /** What was fetched before is used again as long as it is what the signed lists name. */
  async #signedDigest(): Promise<FileDigest> {
    const { cacheDir } = this.#context;
    const url = mirrorUrl(this.#from.definition, this.#offer.path);
    const before = await lastFetched(cacheDir, url, this.#cache);
    if (before !== undefined && (await this.#holds(before))) return before.digest;
    const { digest } = await this.#fetch(undefined);
    await noteFetched(cacheDir, url, digest);
    return digest;
  }

  async #holds(file: CachedFile): Promise<boolean> {
    try {
      await this.#from.judge(this.#offer, file);
      return true;
    } catch (error) {
      if (error instanceof CooperError) return false;
      throw error;
    }
  }

  #fetch(before: FileDigest | undefined): Promise<CachedFile> {
    return this.#cache.add(async (to) => {
      const digest = await this.#download(this.#from.mirror, to);
      if (before !== undefined && before.sha256 !== digest.sha256) throw this.#changed(before, digest);
      await this.#from.judge(this.#offer, { path: to, digest });
      return digest;
    });
  }

  async #compare(mirror: string, first: FileDigest): Promise<void> {
    await this.#cache.add(async (to) => {
      const second = await this.#download(mirror, to);
      if (first.sha256 === second.sha256) return second;
      throw new CooperError('mirrors-disagree', {
        what: `the two mirrors have different files under the name ${this.#offer.path}`,
        lines: [
          `${this.#from.mirror}: ${first.size} bytes, ${first.sha256}`,
          `${mirror}: ${second.size} bytes, ${second.sha256}`,
        ],
      });
    });
  }

  async #download(mirror: string, to: string): Promise<FileDigest> {
    const { path } = this.#offer;
    const { transport, signal } = this.#context;
    try {
      return await download(mirrorUrl(mirror, path), { transport, signal, to, limit: packageLimit });
    } catch (error) {
      throw explainMissing(error, `${mirror} does not have ${path}, which was listed`, 'package-missing');
    }
  }

  #changed(before: FileDigest, now: FileDigest): CooperError {
    return new CooperError('first-use-changed', {
      what: `${this.#offer.path} is not the file any more that this machine has fetched first`,
      lines: [`then: ${before.size} bytes, ${before.sha256}`, `now: ${now.size} bytes, ${now.sha256}`],
      next: `Ask the people of the mirror, or another mirror (--mirror URL); when the new file is right, take ${this.#offer.path} out of ${this.#known.place}.`,
    });
  }
}
