// An origin of several small images and a mirror that follows it, for tests of what a mirror does besides copying everything.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../events/index.ts';
import { createTransport, type Transport } from '../../fetch/index.ts';
import { type Selection, wholeSelection } from '../../image/index.ts';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { forecastMirror, type MirrorRequest, mirror, publish } from '../../server/index.ts';
import type { ImageId } from '../../variants/index.ts';
import { madeBuild, mini } from '../server/made-build.ts';

/** What the origin has at first. */
export const images: readonly ImageId[] = [
  mini,
  { ...mini, variant: 'full' },
  { ...mini, architecture: 'arm64' },
  { ...mini, release: 'trixie' },
  { ...mini, distribution: 'alpine', release: 'edge' },
];

/** A publisher, and folders for its tree and that of a mirror. */
export interface MirrorBed {
  readonly folder: string;
  readonly origin: string;
  readonly tree: string;
  readonly fingerprint: string;
  readonly signer: Signer;
  readonly now: Date;
  remove(): void;
}

/** Publishes a build of each image, an hour ago. */
export async function openMirrorBed(): Promise<MirrorBed> {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-mirror-'));
  const now = new Date();
  const hourAgo = new Date(now.getTime() - 3_600_000);
  const { fingerprint } = await generatePublisherKey(join(folder, 'keys'), { now: hourAgo });
  const signer = await openSigner(join(folder, 'keys'), hourAgo);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const trees = { origin: join(folder, 'origin'), tree: join(folder, 'mirror/tree') };
  const bed = { folder, ...trees, fingerprint, signer, now, remove };
  await publish(bed.origin, await buildsOf(bed, images, '20260201_12:00'), signer, hourAgo);
  return bed;
}

/** Publishes one more build of an image. */
export async function publishMore(bed: MirrorBed, image: ImageId, build: string, channel = 'stable'): Promise<void> {
  const minuteAgo = new Date(bed.now.getTime() - 60_000);
  const signer = await openSigner(join(bed.folder, 'keys'), minuteAgo);
  await publish(bed.origin, await buildsOf({ ...bed, signer }, [image], build), signer, minuteAgo, { channel });
}

/** Makes the builds, each in a folder of its own. */
export function buildsOf(
  { folder, signer }: Pick<MirrorBed, 'folder' | 'signer'>,
  ids: readonly ImageId[],
  build: string,
) {
  return Promise.all(ids.map((id) => madeBuild(mkdtempSync(join(folder, 'build-')), signer, id, build)));
}

/** How a run differs from one that copies everything. */
export interface RunChoice {
  readonly url: string;
  readonly selection?: Partial<Selection>;
  readonly transport?: Transport;
  readonly signal?: AbortSignal;
  /** Hours; 48 when it is not given. */
  readonly grace?: number;
  readonly on?: (event: Event) => void;
}

/** The mirror: the trust folder lies beside its tree. */
type Mirror = Pick<MirrorBed, 'tree' | 'fingerprint' | 'now'>;

/** One run of the mirror. */
export const follow = (bed: Mirror, choice: RunChoice) => run(bed, choice, (request) => mirror(bed.tree, request));

/** What a run would fetch. */
export const forecast = (bed: Mirror, choice: RunChoice) =>
  run(bed, choice, (request) => forecastMirror(bed.tree, request));

async function run<T>(bed: Mirror, choice: RunChoice, work: (request: MirrorRequest) => Promise<T>): Promise<T> {
  const transport = choice.transport ?? createTransport({ attempts: 1 });
  try {
    return await work({
      server: choice.url,
      selection: { ...wholeSelection, ...choice.selection },
      trust: { keyid: bed.fingerprint },
      trustDir: join(bed.tree, '../trust'),
      transport,
      now: bed.now,
      grace: choice.grace ?? 48,
      report: choice.on ?? (() => undefined),
      signal: choice.signal ?? new AbortController().signal,
    });
  } finally {
    transport.close();
  }
}

/** Folders of builds on the disk, as the catalog names them, in order. */
export function buildsOnDisk(tree: string): string[] {
  return readdirSync(join(tree, 'images'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/\d{8}_\d{2}:\d{2}$/.test(path))
    .map((path) => `images/${path}/`)
    .sort();
}

/** Paths that are asked for from now on, and whether they are sent only when they have changed. */
export function requests() {
  const seen: [path: string, conditional: boolean][] = [];
  const channel = 'http.server.request.start';
  const note = (message: unknown) => {
    const { url = '', headers } = (message as { request: IncomingMessage }).request;
    seen.push([url, headers['if-none-match'] !== undefined]);
  };
  subscribe(channel, note);
  return {
    end: () => {
      unsubscribe(channel, note);
      return seen;
    },
  };
}
