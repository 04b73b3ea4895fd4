// Reads what a server without a catalog has of what is wanted, and how a run begins anew when the server changes meanwhile.

import { isUnchanged, knownDocuments, readUpstream, type Upstream, type UpstreamBuild } from '../../../client/index.ts';
import { CooperError } from '../../../errors/index.ts';
import type { StageReport } from '../../../events/index.ts';
import { unmatchedNames } from '../../../image/index.ts';
import { mostAttempts } from '../mirrored.ts';
import { selectedBuilds } from './plan.ts';
import type { UpstreamRequest } from './request.ts';

/** A server, and what of it is wanted. */
export interface Source {
  readonly upstream: Upstream;
  readonly listed: readonly UpstreamBuild[];
}

const mostNotices = 10;

/**
 * Reads and selects; tells what could not be taken.
 * @throws CooperError 'image-not-found' when nothing is selected; what readUpstream throws
 */
export async function readSource(request: UpstreamRequest, report: StageReport): Promise<Source> {
  const upstream = await readUpstream(request);
  for (const message of upstream.odd.slice(0, mostNotices)) report.notice(message);
  const more = upstream.odd.length - mostNotices;
  if (more > 0) report.notice(`${more} more entries could not be taken`);
  for (const { part, name } of unmatchedNames(request.selection, upstream.builds)) {
    report.notice(`the server has no image of the ${part} ${name}`);
  }
  const listed = selectedBuilds(upstream.builds, request.selection);
  if (listed.length > 0) return { upstream, listed };
  throw new CooperError('image-not-found', {
    what: `${request.server.href} has no image that is in the selection`,
    next: 'Check --dist, --release, --arch and --variant.',
  });
}

/**
 * Builds of two states of a server are never mixed: its documents must still be those that were read.
 * @throws CooperError 'origin-moved'
 */
export async function requireSame(upstream: Upstream, request: UpstreamRequest): Promise<void> {
  if (await isUnchanged(knownDocuments(upstream), request)) return;
  throw new CooperError('origin-moved', { what: `${request.server.href} lists other builds than it did a moment ago` });
}

/** Does `work`. Where it fails and the server has changed meanwhile, that is the reason. Throws 'origin-moved', what `work` throws. */
export async function orMoved<T>(upstream: Upstream, request: UpstreamRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CooperError) await requireSame(upstream, request);
    throw error;
  }
}

/** Does `work`; again, a few times, when the server has changed meanwhile. Throws what `work` throws. */
export async function whileUpstreamMoves<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const moved = error instanceof CooperError && error.code === 'origin-moved';
      if (!moved || attempt >= mostAttempts) throw error;
    }
  }
}
