// What a mirror is told to follow, and what it has in the end.

import type { PublisherRequest, Traffic } from '../../client/index.ts';
import type { Reporter } from '../../events/index.ts';
import type { Selection } from '../../image/index.ts';
import type { Lag } from './lag.ts';

/** What to follow. */
export interface MirrorRequest extends Omit<PublisherRequest, 'signal'> {
  /** Which of its images. */
  readonly selection: Selection;
  /** How long files of a build stay that the origin offers no more. Hours from when this mirror saw it. */
  readonly grace: number;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** An origin may publish while it is copied, but not for ever: how often a run begins. */
export const mostAttempts = 4;

/** What is live after a run. */
export interface MirroredGeneration {
  readonly serial: number;
  /** The origin's key. */
  readonly fingerprint: string;
  readonly expires: string;
  /** Those that are here. */
  readonly images: number;
  /** Those that this run has brought; paths relative to the root of the server. */
  readonly builds: readonly { readonly image: string; readonly build: string; readonly path: string }[];
  readonly bytes: Traffic;
  /** Folders that are gone, since the origin gave them up longer ago than the grace. */
  readonly removed: readonly string[];
  readonly lag: Lag;
}
