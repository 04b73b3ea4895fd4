// Which images would be built anew: asks the archive and compares inputs, builds nothing.

import { createStages } from '../events/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import { planFromArchive } from './plan/plan.ts';
import type { BuildRequest } from './run.ts';
import { chooseMirrors } from './source/index.ts';

/** What the question needs of a request. */
export type ChangeRequest = Pick<
  BuildRequest,
  'images' | 'mirrors' | 'cacheDir' | 'transport' | 'epoch' | 'builderVersion' | 'now' | 'report' | 'signal' | 'reuse'
>;

/** The images of the request for whose inputs `reuse` has no build, in their order. Throws what asking the archive throws. */
export async function changedImages(request: ChangeRequest): Promise<readonly ResolvedImage[]> {
  const [first] = request.images;
  if (first === undefined) return [];
  const stages = createStages(request.report, request.signal);
  const mirrors = await chooseMirrors(first.image.source, first.image.release, request.mirrors);
  const plans = await planFromArchive(request.images, { ...request, mirrors }, request, stages);
  const changed: ResolvedImage[] = [];
  for (const { image, inputs } of plans) if ((await request.reuse(image, inputs)) === undefined) changed.push(image);
  return changed;
}
