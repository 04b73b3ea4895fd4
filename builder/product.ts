// From a finished root to the archives of the image. Only a root that has passed the gate can be packed: GatedRoot is
// made here alone.

import { join } from 'node:path';
import type { StageReport } from '../events/index.ts';
import { type Baseline, type RootVerdict, readHostTraces, runGate } from '../gate/index.ts';
import {
  BlockCache,
  type LxdTemplate,
  lxcMembers,
  lxdTemplateText,
  type PackedRoot,
  packRoot,
  writeLxdMetadata,
  writeMetadata,
} from '../image/index.ts';
import { kernelArchitecture, type ResolvedImage } from '../variants/index.ts';
import type { BuildRoot } from './buildroot/box-of-root.ts';
import { residues } from './residues.ts';
import type { OwnedLayers, OwnersQuestion } from './source/index.ts';

declare const passed: unique symbol;

/** A build root that keeps every rule of the gate, with what the gate said. */
export type GatedRoot = BuildRoot & { readonly verdict: RootVerdict; readonly [passed]: true };

/** Judges the root by what the definition waives and, as far as there is one, by an earlier build. Throws `gate-refused`. */
export async function gateRoot(
  root: BuildRoot,
  { waivers }: ResolvedImage,
  baseline: Baseline | undefined,
  report: StageReport,
  signal: AbortSignal,
): Promise<GatedRoot> {
  const host = await readHostTraces();
  const compared = baseline === undefined ? {} : { baseline };
  const verdict = await runGate(root, { idMap: root.idMap, host, waivers, signal, ...compared });
  report.addCpu(verdict.cpuSeconds);
  for (const notice of verdict.notices) report.notice(notice);
  return { ...root, verdict } as GatedRoot;
}

/** Bytes of compressed blocks that stay for later packs: some dozens of images. */
const blockLimit = 8 * 1024 ** 3;

/** What is packed: an image, and who has which file of it. */
interface PackedContent {
  readonly image: ResolvedImage;
  readonly layers: OwnedLayers;
  readonly owners: OwnersQuestion;
}

/** Writes `<directory>/rootfs.tar.xz`, and rootfs.tar.zst where the definition wants it; blocks that are in `<cacheDir>/blocks` are not compressed again. */
export async function packImage(
  root: GatedRoot,
  { image, layers, owners }: PackedContent,
  { directory, cacheDir }: { readonly directory: string; readonly cacheDir: string },
  report: StageReport,
  signal: AbortSignal,
): Promise<PackedRoot> {
  const cache = new BlockCache(join(cacheDir, 'blocks'));
  const packed = await packRoot({
    root,
    idMap: root.idMap,
    epoch: root.epoch,
    devices: image.devices,
    owners: await owners(root, layers, report, signal),
    residues,
    filter: image.filter,
    zstd: image.zstd,
    cache,
    directory,
    signal,
    onProgress: (bytes) => report.progress(bytes, 0, 'bytes'),
  });
  report.addCpu(packed.cpuSeconds);
  if (packed.reused < packed.rootfs.segments.length) cache.prune(blockLimit);
  return packed;
}

/** Writes `<directory>/meta.tar.xz`, and lxd.tar.xz with `templates`. Clients' caches expire counted from `created`, not from the age of the packages. */
export async function packMetadata(
  { image, templates }: { readonly image: ResolvedImage; readonly templates: readonly LxdTemplate[] },
  { recorded }: Pick<PackedRoot, 'recorded'>,
  { build, created, directory }: { readonly build: string; readonly created: Date; readonly directory: string },
): Promise<void> {
  const epoch = Math.floor(created.getTime() / 1000);
  const lxc = lxcMembers(image.lxc, epoch);
  await writeMetadata({ directory, epoch, lxc, devices: image.devices, recorded });
  await writeLxdMetadata(directory, {
    architecture: kernelArchitecture(image.architecture),
    created: epoch,
    expires: Number(lxc.expiry),
    properties: lxdProperties(image, build),
    templates,
  });
}

/** What LXD shows of an image, with the names that other publishers give to it. */
function lxdProperties({ distribution, release, architecture, variant, title }: ResolvedImage, serial: string) {
  const description = `${title}, ${architecture} (${serial})`;
  return { architecture, description, os: distribution, release, serial, variant };
}

/** The files of the definition that are filled in each container. What packages bring is not known here. */
export function lxdTemplates({ layers, lxc }: ResolvedImage): LxdTemplate[] {
  const files = layers.flatMap((layer) => layer.files);
  return [...new Set(lxc.templates.map((name) => `/${name}`))].flatMap((path) => {
    const file = files.findLast((each) => each.path === path);
    return file?.kind === 'text' ? [{ path, text: lxdTemplateText(file.content) }] : [];
  });
}
