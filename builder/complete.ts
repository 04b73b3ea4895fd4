// The order of the steps from a finished root to a delivered build.

import { join } from 'node:path';
import type { BuildRoot } from './buildroot/box-of-root.ts';
import { describeBuild } from './describe.ts';
import { gateImage } from './gate-image.ts';
import type { ImagePlan } from './plan/plan.ts';
import { gateRoot, packImage, packMetadata } from './product.ts';
import type { BuildRequest, BuiltImage, Run } from './run.ts';

/** Gates, packs, describes and delivers one image. Throws what its steps throw. */
export async function completeImage(
  { stages, workspace, log }: Run,
  request: BuildRequest,
  plan: ImagePlan,
  root: BuildRoot,
): Promise<Omit<BuiltImage, 'stages'>> {
  const { image, baseline } = plan;
  const { signal } = request;
  const folder = workspace.folder(`output-${image.variant}`);
  const gated = await stages.run('gate', (report) => gateRoot(root, image, baseline, report, signal));
  const where = { directory: folder, cacheDir: request.cacheDir };
  const { rootfs, recorded, reused } = await stages.run('pack', (report) =>
    packImage(gated, plan, where, report, signal),
  );
  const described = { build: plan.build, created: request.now, directory: folder };
  await stages.run('metadata', () => packMetadata(image, { recorded }, described));
  const packed = { gated, image, rootfs, folder, scratch: join(workspace.path, 'gate') };
  await stages.run('gate-image', (report) => gateImage(packed, request.gate, report, signal));
  log.copyTo(join(folder, 'build.log'));
  const manifest = await describeBuild({
    ...request,
    plan,
    rootfs,
    fetched: root.confinement?.door?.fetched ?? [],
    folder,
  });
  const directory = await request.deliver(image, manifest, folder, stages);
  return { image, status: 'built', directory, manifest, reused };
}
