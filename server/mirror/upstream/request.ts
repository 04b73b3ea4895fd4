// What a mirror of a server without a catalog is told, and what it has in the end.

import type { Traffic, TrustChoice, UpstreamFetching } from '../../../client/index.ts';
import type { Reporter } from '../../../events/index.ts';
import type { Transport } from '../../../fetch/index.ts';
import type { Selection } from '../../../image/index.ts';
import type { Certificate } from '../../../keys/index.ts';
import type { ImageId } from '../../../variants/identity.ts';
import type { Adopting } from '../../publish/adopt.ts';

/** Which server, whose signatures, what of it. */
export interface UpstreamRequest extends UpstreamFetching {
  /** Whose signatures the files have to have; undefined where no signatures are looked at. */
  readonly signer: Certificate | undefined;
  readonly selection: Selection;
  readonly now: Date;
  /** Hours that files stay when the server has given a build up. */
  readonly grace: number;
  readonly report: Reporter;
}

/** A waiver of the gate for images that somebody else has built; without `match` for all of them. */
export interface UpstreamWaiver {
  readonly rule: string;
  readonly reason: string;
  readonly paths: readonly string[];
  readonly match?: Partial<ImageId> | undefined;
}

/** What signing anew takes besides. */
export interface ResignRequest extends UpstreamRequest {
  readonly adopting: Adopting;
  /** Of this program. */
  readonly version: string;
  readonly waivers: readonly UpstreamWaiver[];
}

/** A build that was not taken, and why. */
export interface RefusedBuild {
  readonly image: string;
  readonly build: string;
  /** Of the table of errors. */
  readonly code: string;
  readonly message: string;
  readonly lines: readonly string[];
  /** It was refused by an earlier run, and nothing was fetched of it. */
  readonly isKnown: boolean;
}

/** What is live after a run. */
export interface FollowedUpstream {
  /** Null where nothing is live yet, since everything was refused. */
  readonly serial: number | null;
  /** Of the key that signs the images here. */
  readonly fingerprint: string;
  readonly signatures: 'kept' | 'own';
  /** Of our own catalog; null where there is none. */
  readonly expires: string | null;
  /** Those that are here. */
  readonly images: number;
  readonly builds: readonly { readonly image: string; readonly build: string; readonly path: string }[];
  readonly bytes: Traffic;
  /** Folders that are gone. */
  readonly removed: readonly string[];
  readonly refused: readonly RefusedBuild[];
  readonly upstream: UpstreamLag;
}

/** As far as a server without a catalog can tell how old it is. */
export interface UpstreamLag {
  readonly server: string;
  readonly protocol: 'lxc' | 'simplestreams';
  /** Name of its newest build that is wanted; null where there is none. */
  readonly newest: string | null;
  /** Seconds since then. */
  readonly age: number | null;
}

/** Whom to trust, as far as it says whether a catalog is to be expected. */
export interface OriginQuestion {
  readonly server: string;
  readonly trust: TrustChoice;
  readonly trustDir: string;
  readonly transport: Transport;
  readonly signal: AbortSignal;
}
