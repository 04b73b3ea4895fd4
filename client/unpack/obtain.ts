// Fetches an image and unpacks it at the same time: the rest of the download and the decoding of what has come overlap. The first
// failure on either side ends the other.

import { closeSync, openSync } from 'node:fs';
import type { StageReport, Stages } from '../../events/index.ts';
import type { PlaceholderValues } from '../../image/index.ts';
import type { Verified } from '../../keys/index.ts';
import { type ContainerMetadata, readMetadata } from '../container/metadata.ts';
import type { ContainerPlan } from '../container/plan.ts';
import type { Staging } from '../container/staging.ts';
import type { Traffic } from '../fetch/blocks.ts';
import type { FetchImageOptions, RootfsArchive } from '../fetch/image-files.ts';
import type { Vouching } from '../verify/vouching.ts';
import { type Delivered, deliverImage, type ObtainableImage } from './deliver.ts';
import { missingNodes } from './missing-nodes.ts';
import { unpackImage } from './unpack.ts';
import type { Unpacker } from './unpacker.ts';

/** From where and into what. */
export interface ObtainOptions
  extends Pick<FetchImageOptions, 'cacheDir' | 'flushCache' | 'onUnchecked' | 'seeds' | 'otherServers' | 'now'> {
  readonly plan: ContainerPlan;
  readonly unpacker: Unpacker;
  readonly staging: Pick<Staging, 'folder' | 'rootfs' | 'prepared'>;
  /** What its root says of the container. */
  readonly values: PlaceholderValues;
  /** Everything is in the cache; unpacking goes on. */
  readonly onFetched?: (signal: AbortSignal) => Promise<void>;
}

/** An image whose root filesystem is in its place. */
export interface ObtainedImage {
  readonly metadata: ContainerMetadata;
  readonly traffic: Traffic;
  readonly vouching: Vouching;
}

/**
 * Fills the root filesystem. When it throws, nothing goes on; what is there then has to be removed. The stage `unpack` shows what
 * is left to do when the stage `fetch` is over.
 * @throws CooperError as deliverImage and unpackImage do
 */
export async function obtainImage(
  image: ObtainableImage,
  options: ObtainOptions,
  stages: Stages,
): Promise<ObtainedImage> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stages.signal, stop.signal]);
  const handover = new Handover();
  const fetching: Half<Delivered> = new Half(() => fetchInto(handover, image, options, signal, fetching), stop);
  const unpacking: Half<ContainerMetadata> = new Half(() => unpackFrom(handover, options, signal, unpacking), stop);
  try {
    const delivered = await stages.run('fetch', (report) => fetching.shownBy(report));
    const metadata = await stages.run('unpack', (report) => unpacking.shownBy(report));
    return { metadata, ...delivered };
  } finally {
    await Promise.allSettled([fetching.work, unpacking.work]);
    handover.close();
  }
}

/** One side of the work. A stage shows it when its turn comes. */
class Half<T> {
  readonly work: Promise<T>;
  report: StageReport | undefined;

  constructor(start: () => Promise<T>, stop: AbortController) {
    this.work = Promise.resolve().then(start);
    // What ended the other side is the reason of both.
    this.work.catch((error) => stop.abort(error));
  }

  shownBy(report: StageReport): Promise<T> {
    this.report = report;
    return this.work;
  }
}

/** What there has to be before anything can be unpacked. */
class Handover {
  readonly meta: Promise<Verified<string>>;
  readonly rootfs: Promise<{ readonly archive: RootfsArchive; readonly fd: number }>;
  giveMeta: (file: Verified<string>) => void = () => undefined;
  #give: (rootfs: { readonly archive: RootfsArchive; readonly fd: number }) => void = () => undefined;
  #fd: number | undefined;

  constructor() {
    this.meta = new Promise((resolve) => {
      this.giveMeta = resolve;
    });
    this.rootfs = new Promise((resolve) => {
      this.#give = resolve;
    });
  }

  /** Opens the archive at once: its name changes when it is whole. */
  giveRootfs(archive: RootfsArchive): void {
    this.#fd = openSync(archive.kind === 'whole' ? archive.file.value : archive.file, 'r');
    this.#give({ archive, fd: this.#fd });
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

async function fetchInto(
  handover: Handover,
  image: ObtainableImage,
  options: ObtainOptions,
  signal: AbortSignal,
  half: Half<Delivered>,
): Promise<Delivered> {
  const delivered = await deliverImage(image, {
    ...options,
    signal,
    onMeta: handover.giveMeta,
    onRootfs: (archive) => handover.giveRootfs(archive),
    onProgress: (done, total) => half.report?.progress(done, total, 'bytes'),
    onNotice: (message) => half.report?.notice(message),
  });
  await options.onFetched?.(signal);
  return delivered;
}

async function unpackFrom(
  handover: Handover,
  { plan, unpacker, staging, values }: ObtainOptions,
  signal: AbortSignal,
  half: Half<ContainerMetadata>,
): Promise<ContainerMetadata> {
  const [file, { archive, fd }] = await unlessAborted(signal, Promise.all([handover.meta, handover.rootfs]));
  const metadata = await readMetadata(file, plan.mode);
  const total = tarSize(archive);
  const onProgress = (done: number) => half.report?.progress(done, total, 'bytes');
  const { excludes } = metadata;
  const templates = { paths: metadata.templates, values };
  const options = { ...plan, ...staging, unpacker, excludes, templates, signal, onProgress };
  const { cpuSeconds, leftOut } = await unpackImage(archive, fd, options);
  half.report?.addCpu(cpuSeconds);
  const missing = missingNodes(leftOut, metadata.config);
  if (missing !== undefined) half.report?.notice(missing);
  return metadata;
}

/** Bytes of the tar; 0 where nobody has told. */
function tarSize(archive: RootfsArchive): number {
  if (archive.kind === 'blocks') return archive.segments.reduce((sum, { size }) => sum + size, 0);
  return archive.expected.of === 'tar' ? archive.expected.size : 0;
}

/** What is waited for may never come once the other side has failed. */
function unlessAborted<T>(signal: AbortSignal, value: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
