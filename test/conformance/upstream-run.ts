// A mirror that signs anew what a server without a catalog has, for tests.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { parseServer } from '../../client/index.ts';
import type { Event } from '../../events/index.ts';
import { createTransport } from '../../fetch/index.ts';
import { wholeSelection } from '../../image/index.ts';
import { readCertificates } from '../../keys/index.ts';
import { openSigner } from '../../keys/sign.ts';
import { auditTree, listPublished, resignUpstream, type UpstreamWaiver } from '../../server/index.ts';
import { type FaultyOrigin, serveFaulty } from './faulty-origin.ts';
import { UpstreamBed } from './upstream-bed.ts';

/** When its runs are, unless they say otherwise. */
export const now = new Date('2026-02-02T12:00:00Z');

/** Hours after that. */
export const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);

/** How a run differs. */
export interface Choice {
  readonly from: Pick<FaultyOrigin, 'url' | 'certificate'>;
  readonly at?: Date;
  /** Armored certificate of who signs the server's files. */
  readonly signer?: Uint8Array;
  readonly variant?: string;
  readonly waivers?: readonly UpstreamWaiver[];
  readonly on?: (event: Event) => void;
}

/** The request of a run; the caller closes its transport. `keys`: folder of the mirror's own key. */
export async function resignRequest(
  keys: string,
  { from, at = now, signer, variant, waivers = [], on = () => undefined }: Choice,
) {
  const certificates = from.certificate === undefined ? {} : { certificates: [from.certificate] };
  return {
    server: parseServer(from.url),
    signer: signer === undefined ? undefined : (await readCertificates(signer))[0],
    selection: { ...wholeSelection, variants: variant === undefined ? [] : [variant] },
    transport: createTransport({ attempts: 1, ...certificates }),
    now: at,
    grace: 48,
    report: on,
    signal: new AbortController().signal,
    adopting: { signer: await openSigner(keys, at), now: at },
    version: '0.1.0',
    waivers,
  };
}

/** One run. */
export async function resignInto(tree: string, keys: string, choice: Choice) {
  const asked = await resignRequest(keys, choice);
  try {
    return await resignUpstream(tree, asked);
  } finally {
    asked.transport.close();
  }
}

/** What an audit finds in the tree. */
export const audited = (tree: string, at = now) =>
  auditTree(tree, { now: at, signal: new AbortController().signal } as never);

/** `release variant build` of the newest builds on offer. */
export const offered = async (tree: string) =>
  (await listPublished(tree)).map(({ release, variant, build }) => `${release} ${variant} ${build}`);

/** A server of its own for a test, with nothing on it yet, and the place of a new tree below `folder`. */
export async function freshUpstream(folder: string) {
  const other = new UpstreamBed();
  const origin = await serveFaulty(other.site, other.folder);
  const end = async () => {
    await origin.close();
    other.remove();
  };
  return { tree: join(mkdtempSync(join(folder, 'mirror-')), 'tree'), other, origin, end };
}
