// The order of the steps from a finished root to a delivered build.

import { join } from 'node:path';
import type { Baseline } from '../gate/index.ts';
import type { BuildName, LxdTemplate, Manifest, PackedRoot } from '../image/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import type { BuildRoot } from './buildroot/box-of-root.ts';
import { gateImage } from './gate-image.ts';
import { gateRoot, packImage, packMetadata } from './product.ts';
import type { BuildRequest, BuiltImage, Run } from './run.ts';
import type { OwnedLayers, OwnersQuestion } from './source/index.ts';

/** What an image is that is made of a root, whatever the root was made from. */
export interface ImageContent {
  readonly image: ResolvedImage;
  readonly build: BuildName;
  readonly baseline?: Baseline;
  readonly layers: OwnedLayers;
  readonly owners: OwnersQuestion;
  /** Files that LXD fills in each container. */
  readonly templates: readonly LxdTemplate[];
  /** Writes the documents of the build into `folder`, where all its other files are. */
  readonly describe: (rootfs: PackedRoot['rootfs'], folder: string) => Promise<Manifest>;
}

/** What is asked of every image that is completed. */
export type Completion = Pick<BuildRequest, 'cacheDir' | 'gate' | 'now' | 'deliver' | 'signal'>;

/** Gates, packs, describes and delivers one image. Throws what its steps throw. */
export async function completeImage(
  { stages, workspace, log }: Pick<Run, 'stages' | 'workspace' | 'log'>,
  { cacheDir, gate, now, deliver, signal }: Completion,
  content: ImageContent,
  root: BuildRoot,
): Promise<Omit<BuiltImage, 'stages'>> {
  const { image, baseline } = content;
  const folder = workspace.folder(`output-${image.variant}`);
  const gated = await stages.run('gate', (report) => gateRoot(root, image, baseline, report, signal));
  const where = { directory: folder, cacheDir };
  const { rootfs, recorded, reused } = await stages.run('pack', (report) =>
    packImage(gated, content, where, report, signal),
  );
  const described = { build: content.build, created: now, directory: folder };
  await stages.run('metadata', () => packMetadata(content, { recorded }, described));
  const packed = { gated, image, rootfs, folder, scratch: join(workspace.path, 'gate') };
  await stages.run('gate-image', (report) => gateImage(packed, gate, report, signal));
  log.copyTo(join(folder, 'build.log'));
  const manifest = await content.describe(rootfs, folder);
  const directory = await deliver(image, manifest, folder, stages);
  return { image, status: 'built', directory, manifest, reused };
}
