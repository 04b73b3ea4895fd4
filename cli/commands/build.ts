// cooper build: definition → built, signed, published image. The one place where builder, keys and server meet.

import { type BuiltImage, buildImages, changedImages } from '../../builder/index.ts';
import { CooperError, exitStatus } from '../../errors/index.ts';
import { parseChannel } from '../../image/index.ts';
import { imageName, openImage, openImages, type ResolvedImage } from '../../variants/index.ts';
import { type BuildingOptions, buildRequest, groupsOf } from '../build-request.ts';
import { openBuildSummary } from '../ci/build-summary.ts';
import { type ImageResult, ImageRuns, resultDocument, worstStatus } from '../ci/image-runs.ts';
import { printMatrix } from '../ci/print-matrix.ts';
import { type CommandContext, printResult } from '../context.ts';
import { debugShells } from '../debug-shell.ts';
import { openHome } from '../home.ts';
import { keeping } from '../keeping.ts';
import { ensurePublisherKey } from '../publisher.ts';
import { formatBytes } from '../render.ts';
import { openTransport } from '../server-access.ts';

/** Options of `cooper build` as commander gives them. */
export interface BuildOptions extends BuildingOptions {
  readonly all?: boolean;
  readonly definitions?: string;
  readonly matrix?: 'json';
  readonly debugShell?: boolean;
  readonly keepGoing?: boolean;
  readonly summary?: string;
}

/** The item of an image in `build --json`. */
interface BuildResult extends ImageResult {
  readonly bytes: number;
  readonly segments: { readonly total: number; readonly reused: number };
  readonly stages: BuiltImage['stages'];
}

/** Builds what is named; every image is published as soon as it is signed. */
export async function build(context: CommandContext, names: readonly string[], options: BuildOptions): Promise<number> {
  const channel = parseChannel(options.channel);
  const images = await wanted(names, options);
  if (options.matrix !== undefined) return printMatrix(context, await cells(context, images, options));
  const home = openHome(context.home);
  await ensurePublisherKey(home.keys, context);
  const debug = debugShells(context, options.debugShell === true);
  const transport = await openTransport({}, context);
  const goOn = options.keepGoing === true ? { onFailure: context.complain } : {};
  const runs = new ImageRuns<BuildResult>({ ...context, ...goOn });
  const summary = openBuildSummary(context, options.summary, channel);
  try {
    for (const group of groupsOf(images)) {
      const words = group.map(imageName);
      await runs.run(words, async (finished) => {
        await summary.remember(words);
        const request = await buildRequest({ ...context, report: runs.report }, group, options, transport);
        await buildImages({ ...request, ...debug, ...keeping(context, options.keep === true) }, (built) => {
          const result = describe(built);
          finished(result);
          if (!context.json) context.print(line(result));
        });
      });
    }
  } finally {
    transport.close();
    summary.deliver(runs.all);
  }
  if (context.json) printResult(context, { images: runs.all.map(resultDocument) }, '');
  return runs.failures.length > 0 ? worstStatus(runs.failures) : statusOfSuccess(runs, options);
}

function statusOfSuccess(runs: ImageRuns<BuildResult>, options: BuildOptions): number {
  const idle = runs.all.every(({ outcome }) => 'status' in outcome && outcome.status === 'unchanged');
  return idle && options.failIfUnchanged === true ? exitStatus.nothingToDo : 0;
}

/** The images for --matrix: all of them, or those that have changed. */
async function cells(
  context: CommandContext,
  images: readonly ResolvedImage[],
  options: BuildOptions,
): Promise<readonly ResolvedImage[]> {
  if (options.changed !== true) return images;
  openHome(context.home);
  const transport = await openTransport({}, context);
  try {
    const changed: ResolvedImage[] = [];
    for (const group of groupsOf(images)) {
      changed.push(...(await changedImages(await buildRequest(context, group, options, transport))));
    }
    return changed;
  } finally {
    transport.close();
  }
}

async function wanted(names: readonly string[], options: BuildOptions): Promise<readonly ResolvedImage[]> {
  const where = options.definitions === undefined ? {} : { definitions: options.definitions };
  if (options.force === true && options.changed === true) {
    throw new CooperError('bad-usage', { what: '--force builds also what has not changed, --changed only what has' });
  }
  if (options.all === true) return openImages({ ...where, filters: names });
  if (names.length === 0) {
    throw new CooperError('bad-usage', { what: 'no image named', next: 'For example: cooper build debian/bookworm' });
  }
  const images = await Promise.all(names.map((name) => openImage(name, where)));
  if (options.locked !== undefined && images.length > 1) {
    throw new CooperError('bad-usage', { what: 'a lock file is of one image, several are named' });
  }
  return images;
}

function describe({ image, status, directory, manifest, stages, reused }: BuiltImage): BuildResult {
  return {
    image: imageName(image),
    build: manifest.build,
    directory,
    status,
    bytes: manifest.files['rootfs.tar.xz']?.size ?? 0,
    segments: { total: manifest.rootfs.segments?.length ?? 0, reused },
    stages,
  };
}

function line({ image, build, bytes, directory, status }: BuildResult): string {
  const what = status === 'unchanged' ? 'unchanged' : formatBytes(bytes);
  return `${image} ${build}: ${what} in ${directory}\n`;
}
