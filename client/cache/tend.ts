// What a run does for later ones once its container is there: a newer build comes into the cache, and what is beyond the limits leaves it.
// Nothing of it can fail the run, and it can be stopped at any time.

import type { Stages } from '../../events/index.ts';
import { fetchImage } from '../fetch/image-files.ts';
import type { UpstreamImage } from '../upstream/choose-build.ts';
import type { ChosenImage } from '../verify/images.ts';
import { isHere } from './image-archives.ts';
import { useImage } from './image-use.ts';
import type { KeptFiles } from './kept-files.ts';
import { isOverLimits, pruneImages } from './prune.ts';
import { type CacheLimits, usualLimits } from './removal.ts';

/** What there is to do. */
export interface TendRequest {
  readonly kept: KeptFiles;
  readonly limits?: CacheLimits | undefined;
  readonly now: Date;
  /** Asks the servers for the newest build; absent where they have said which it is, or are not to be asked. */
  readonly newest?: (() => Promise<ChosenImage | UpstreamImage>) | undefined;
  readonly notice: (message: string) => void;
}

/** Does it. Never throws. */
export async function tendCache(request: TendRequest, stages: Stages): Promise<void> {
  try {
    if (request.newest !== undefined) await fetchNewer(request, stages);
    await removeExcess(request, stages);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    request.notice(`the container is there; the cache is left as it is: ${reason}`);
  }
}

async function removeExcess({ kept, now, limits = usualLimits }: TendRequest, stages: Stages): Promise<void> {
  if (!(await isOverLimits(kept, limits, now.getTime()))) return;
  await stages.run('tidy', async (report) => {
    const { removed } = await pruneImages(kept, limits, now.getTime());
    for (const { image, build } of removed) {
      if (image !== undefined) report.notice(`no longer in the cache: ${image} ${build ?? ''}`);
    }
  });
}

async function fetchNewer({ kept, now, newest }: TendRequest, stages: Stages): Promise<void> {
  await stages.run('refresh', async (report) => {
    report.notice('the container is there; looking for a newer build for the next one (it does no harm to stop this)');
    const image = await newest?.();
    // A server that was a publisher's when the cache was filled.
    if (image?.kind !== 'published' || (await isHere(kept.folder, image.contents))) return;
    report.notice(`fetching build ${image.build} into the cache`);
    const { signal } = stages;
    const onWait = () => report.notice('another run has it in its hands: waiting for it');
    const use = await useImage(image, { cacheDir: kept.folder, signal, onWait });
    try {
      const onProgress = (done: number, total: number) => report.progress(done, total, 'bytes');
      const onNotice = (message: string) => report.notice(message);
      await fetchImage(image, { cacheDir: kept.folder, now, signal, onProgress, onNotice });
    } finally {
      await use.end();
    }
  });
}
