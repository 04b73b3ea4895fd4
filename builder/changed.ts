// Which images would be built anew: asks the archive and compares inputs, builds nothing.

import { createStages } from '../events/index.ts';
import { buildIdMap } from '../native/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import { planFromSource } from './plan/plan.ts';
import type { BuildRequest } from './run.ts';
import { withCaches } from './source/cache-lock.ts';
import { openSource } from './source/kinds.ts';

/** What the question needs of a request. */
export type ChangeRequest = Pick<
  BuildRequest,
  | 'images'
  | 'mirrors'
  | 'holdContainer'
  | 'findTools'
  | 'findLogin'
  | 'cacheDir'
  | 'transport'
  | 'epoch'
  | 'builderVersion'
  | 'now'
  | 'report'
  | 'signal'
  | 'reuse'
>;

/** The images of the request for whose inputs `reuse` has no build, in their order. Throws what asking the archive throws. */
export async function changedImages(request: ChangeRequest): Promise<readonly ResolvedImage[]> {
  return withCaches(request.cacheDir, request.signal, () => changedNow(request));
}

async function changedNow(request: ChangeRequest): Promise<readonly ResolvedImage[]> {
  const [first] = request.images;
  if (first === undefined) return [];
  const stages = createStages(request.report, request.signal);
  const source = await openSource(first.image, { ...request, idMap: await buildIdMap() });
  const plans = await planFromSource(request.images, source, request, stages);
  const changed: ResolvedImage[] = [];
  for (const { image, inputs } of plans) if ((await request.reuse(image, inputs)) === undefined) changed.push(image);
  return changed;
}
