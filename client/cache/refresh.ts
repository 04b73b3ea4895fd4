// --refresh: whether a container is made of the newest build that a server offers or of what the cache has. Only silence lets the cache
// stand in for a server: what a server says wrong is refused as ever.

import { setTimeout as wait } from 'node:timers/promises';
import { CooperError, type ErrorCode } from '../../errors/index.ts';
import type { OldCatalogs } from '../verify/attacks.ts';
import type { ChosenImage } from '../verify/images.ts';
import type { KeptImage } from './choose-kept.ts';

/**
 * `auto`: the newest build, and when no server answers in good time the newest of the cache, as long as its catalog has not expired.
 * `never`: the newest of the cache, whatever its age; no server is asked. `missing`: the same where the cache has one, else `auto`.
 * `always`: the newest build or none.
 */
export type Refresh = 'auto' | 'never' | 'missing' | 'always';

/** Milliseconds in which a server has to say what its newest build is, where the cache has another one to offer. */
const usualTime = 5000;

/** How long servers are waited for. */
export interface Patience {
  /** Aborted when it is at its end. */
  readonly signal: AbortSignal;
  /** To be called when the newest build is known: it then may take as long as it takes. */
  answered(): void;
}

/** Where an image can come from. */
export interface ImageWays<T> {
  readonly fromServers: (patience: Patience) => Promise<T>;
  /** The newest build of the cache. Throws when there is none that may be used. */
  readonly kept: (old: OldCatalogs) => Promise<KeptImage>;
  readonly fromCache: (image: ChosenImage) => Promise<T>;
  readonly notice: (message: string) => void;
  readonly signal: AbortSignal;
}

/** An image, and how it came. */
export type Refreshed<T> = T & {
  /** No server has said that it is the newest. `late`: the servers are there, but slow: they may be asked again. */
  readonly offline: false | 'asked nobody' | 'silence' | 'late';
};

/** A proxy that does not lead to the servers is as much of an answer as none. */
const silence: ReadonlySet<ErrorCode> = new Set(['server-unreachable', 'proxy-failed']);

/** Brings the image by the way that `refresh` says; `goodTime` in milliseconds. Throws what the ways throw. */
export async function byRefresh<T>(refresh: Refresh, ways: ImageWays<T>, goodTime = usualTime): Promise<Refreshed<T>> {
  if (refresh === 'never') return { ...(await takeKept(await ways.kept('take'), ways)), offline: 'asked nobody' };
  if (refresh === 'missing') {
    const kept = await keptOrNothing(ways);
    if (kept !== undefined) return { ...(await takeKept(kept, ways)), offline: 'asked nobody' };
  }
  if (refresh === 'always') {
    const endless = { signal: ways.signal, answered: () => undefined };
    return { ...(await ways.fromServers(endless)), offline: false };
  }
  const patience = startPatience(ways, goodTime);
  try {
    return { ...(await ways.fromServers(patience)), offline: false };
  } catch (error) {
    ways.signal.throwIfAborted();
    if (!(error instanceof CooperError && silence.has(error.code))) throw error;
    const kept = await keptOr(error, ways);
    ways.notice(`no server has answered: ${error.message}`);
    return { ...(await takeKept(kept, ways)), offline: patience.ended() ? 'late' : 'silence' };
  } finally {
    patience.answered();
  }
}

function takeKept<T>({ image, notices }: KeptImage, { notice, fromCache }: ImageWays<T>): Promise<T> {
  const { issued, expires } = image.publisher.catalog;
  notice(`made of what is in the cache: build ${image.build}, catalog of ${issued} (expires ${expires})`);
  notices.forEach(notice);
  return fromCache(image);
}

/** What the cache has, whatever its age. */
async function keptOrNothing<T>({ kept }: ImageWays<T>): Promise<KeptImage | undefined> {
  try {
    return await kept('take');
  } catch (error) {
    if (error instanceof CooperError && error.code === 'image-not-cached') return undefined;
    throw error;
  }
}

/** What the cache has, or else the failure of the servers with the reason why the cache does not help. */
async function keptOr<T>(failure: CooperError, { kept }: ImageWays<T>): Promise<KeptImage> {
  try {
    return await kept('refuse');
  } catch (reason) {
    if (!(reason instanceof CooperError)) throw reason;
    throw withReason(failure, reason);
  }
}

/** Pure. */
export function withReason(failure: CooperError, reason: CooperError): CooperError {
  if (reason.code === 'image-not-cached') return failure;
  const isOld = reason.code === 'catalog-expired' || reason.code === 'rollback-refused';
  const next = isOld ? `${failure.next} With --refresh never it is taken all the same.` : failure.next;
  const lines = [...failure.lines, `what is in the cache is not used: ${reason.message} [${reason.code}]`];
  return new CooperError(failure.code, { what: failure.message, next, lines, cause: failure });
}

/** Ends after a while, if the cache has something to offer then. */
function startPatience<T>({ kept, signal }: ImageWays<T>, goodTime: number): Patience & { ended(): boolean } {
  const late = new AbortController();
  const answered = new AbortController();
  const expire = async () => {
    await wait(goodTime, undefined, { signal: AbortSignal.any([signal, answered.signal]), ref: false });
    await kept('refuse');
    if (answered.signal.aborted) return;
    const what = `the servers have not said within ${goodTime / 1000} seconds what they offer`;
    late.abort(new CooperError('server-unreachable', { what }));
  };
  // Stopped, or nothing to offer: then servers are waited for as long as each attempt may take.
  expire().catch(() => undefined);
  return {
    signal: AbortSignal.any([signal, late.signal]),
    answered: () => answered.abort(),
    ended: () => late.signal.aborted,
  };
}
