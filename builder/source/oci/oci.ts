// Sources that are a container image in OCI's or Docker's form. Its layers, one upon the other, are the seed; its configuration is kept
// beside image.json.

import { readFile } from 'node:fs/promises';
import { CooperError } from '../../../errors/index.ts';
import type { StageReport, Stages } from '../../../events/index.ts';
import { inLanes } from '../../../fetch/index.ts';
import type { Vouching } from '../../../image/index.ts';
import type { FileDigest } from '../../../keys/index.ts';
import type { OciSource, ResolvedImage } from '../../../variants/resolved.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import { openContentCache } from '../cache.ts';
import { ownersOf } from '../debian/install/owners.ts';
import { packageCacheOf } from '../fetched.ts';
import type { Choice, FetchedFiles, FetchProgress, OpenSource, SourceKind, SourceRequest } from '../kind.ts';
import { measureLayers, newestTime } from '../seed/archive-content.ts';
import { basesOf } from '../seed/bases.ts';
import { installSeed } from '../seed/install.ts';
import { installedIn } from '../seed/installed.ts';
import { seedFiles, seedParts } from '../seed/seed-files.ts';
import { SummedProgress } from '../summed-progress.ts';
import type { SeedPart } from '../wanted.ts';
import { createdTime } from './created.ts';
import { type ImageConfig, parseConfig } from './documents.ts';
import { type ImageParts, judgeConfig, partsBelow, pinnedTop } from './image.ts';
import { openLayout } from './layout.ts';
import { openRegistry } from './registry.ts';
import type { ImageStore } from './store.ts';

const configName = 'oci-config.json';

/** @throws CooperError `source-not-vouched`, and of what the functions that it is made of throw */
export const oci: SourceKind<'oci'> = {
  async open(image, request): Promise<OpenSource> {
    const { source, release, architecture, packaging } = image;
    requireVouching(source, `${release}/${architecture}`);
    const store = 'layout' in source.image ? openLayout(source.image.layout) : openRegistry(source.image.url, request);
    const opened = { store, source, request };
    return {
      bases: basesOf(image, request.mirrors),
      choose: (images, stages) => choose(images, opened, stages),
      measure: (layers) => measureLayers(layers, request),
      fetch: (layers, onProgress) => fetchParts(layers, opened, onProgress),
      install: async (root, layer, files, context, hooks) =>
        installSeed(root, layer, files, { diffIds: await diffIdsOf(layer, files), packaging }, context, hooks),
      scrub: 'scrub-locked',
      owners: ownersOf,
      installed: installedIn,
    };
  },
};

/** A source in one run. */
interface OpenedImage {
  readonly store: ImageStore;
  readonly source: OciSource;
  readonly request: SourceRequest;
}

function requireVouching({ image, pinned }: OciSource, name: string): void {
  if (pinned !== undefined || 'layout' in image || image.url.startsWith('https:')) return;
  throw new CooperError('source-not-vouched', {
    what: `${image.url} is plain http, and the definition pins no digest for ${name}`,
    next: `Add \`digest: { ${name}: SHA-256 }\` to the source of the definition, or write https`,
  });
}

function vouchingOf({ image, pinned }: OciSource): Vouching {
  if (pinned !== undefined) return 'digest';
  return 'layout' in image ? 'machine' : 'transport';
}

async function choose(
  images: readonly ResolvedImage[],
  opened: OpenedImage,
  stages: Stages,
): Promise<readonly Choice[]> {
  const [{ architecture } = { architecture: '' }] = images;
  const { parts, config } = await stages.run('index', (report) => findImage(opened, architecture, report));
  const seed = seedOf(opened, parts);
  const epoch = await stages.run('resolve', () => epochOf(config, seed, opened));
  return images.map(({ layers }) => ({
    chain: layers.map((layer) => ({ layer, packages: [], seed })),
    epoch,
    indices: [],
    vouched: vouchingOf(opened.source),
  }));
}

async function findImage(
  opened: OpenedImage,
  architecture: string,
  report: StageReport,
): Promise<{ readonly parts: ImageParts; readonly config: ImageConfig }> {
  const { store, source } = opened;
  const parts = await partsBelow(store, await topOf(opened, report), architecture);
  const config = parseConfig(
    await readFile(await obtain(opened, parts.config, opened.request.signal)),
    `the configuration of ${store.name}`,
  );
  judgeConfig(config, parts, architecture, `${store.name}:${source.tag}`);
  return { parts, config };
}

async function topOf({ store, source: { tag, pinned } }: OpenedImage, report: StageReport) {
  if (pinned !== undefined) return pinnedTop(store, pinned);
  const { top, sha256 } = await store.tagged(tag);
  if (sha256 !== undefined) report.output(`${store.name}:${tag} is sha256:${sha256}`);
  return top;
}

/** The image's own time, else that of its newest file. */
async function epochOf({ created }: ImageConfig, seed: readonly SeedPart[], opened: OpenedImage): Promise<number> {
  const time = createdTime(created, opened.request.now);
  if (time !== undefined) return time;
  const layers = seed.filter(({ keptAs }) => keptAs === undefined);
  await inLanes(opened.request.signal, layers, ({ digest }, signal) => obtain(opened, digest, signal));
  let newest = 0;
  for (const part of layers) newest = Math.max(newest, await newestTime(part, opened.request));
  return newest;
}

function seedOf({ store, source }: OpenedImage, { config, layers }: ImageParts): readonly SeedPart[] {
  const name = `${store.name}:${source.tag}`;
  return [
    ...layers.map((digest, position) => ({ name: `${name}, layer ${position + 1}`, digest })),
    { name: `${name}, configuration`, digest: config, keptAs: configName },
  ];
}

async function fetchParts(
  layers: readonly LayerPlan[],
  opened: OpenedImage,
  onProgress: FetchProgress,
): Promise<FetchedFiles> {
  const progress = new SummedProgress(seedParts(layers), onProgress);
  const bring = (part: SeedPart, signal: AbortSignal) =>
    obtain(opened, part.digest, signal, (bytes) => progress.set(part, bytes));
  return seedFiles(layers, opened.request, bring, (part) => progress.set(part, part.digest.size));
}

/** Brings a blob into the cache. Returns its path. */
async function obtain(
  { store, request }: OpenedImage,
  digest: FileDigest,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<string> {
  const cache = await openContentCache(packageCacheOf(request.cacheDir));
  const found = await cache.find(digest.sha256);
  // A size that is not that of the digest is refused by whoever fetches it.
  if (found?.digest.size === digest.size) return found.path;
  const added = await cache.add(async (to) => {
    await store.blob(digest, to, { signal, onProgress });
    return digest;
  });
  return added.path;
}

/** SHA-256 of the tars of the layers, as the configuration has them. */
async function diffIdsOf({ seed }: LayerPlan, files: FetchedFiles): Promise<readonly string[]> {
  const config = seed.find(({ keptAs }) => keptAs === configName);
  const file = config === undefined ? undefined : files.get(config.digest.sha256);
  if (file === undefined) return [];
  const { rootfs } = parseConfig(await readFile(file), 'the configuration of the image');
  return rootfs.diff_ids.map((id) => id.slice('sha256:'.length));
}
