// cooper build: definition → built, signed, published image. The one place where builder, keys and server meet.

import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuiltImage, buildImage } from '../../builder/index.ts';
import { CooperError, explainSystemError } from '../../errors/index.ts';
import type { Transport } from '../../fetch/index.ts';
import { openSigner, signBuild } from '../../keys/sign.ts';
import { nextBuildName, publish } from '../../server/index.ts';
import { imageName, openImage, openImages, type ResolvedImage } from '../../variants/index.ts';
import { openBuildSummary } from '../ci/build-summary.ts';
import { type ImageResult, ImageRuns, resultDocument, worstStatus } from '../ci/image-runs.ts';
import { printMatrix } from '../ci/print-matrix.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { ensurePublisherKey } from '../publisher.ts';
import { formatBytes } from '../render.ts';
import { openTransport } from '../server-access.ts';
import { readSettings } from '../settings.ts';
import { version } from '../version.ts';

interface BuildOptions {
  readonly all?: boolean;
  readonly definitions?: string;
  readonly mirror?: string;
  readonly securityMirror?: string;
  readonly out?: string;
  readonly publish: boolean;
  readonly matrix?: 'json';
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
  const images = await wanted(names, options);
  if (options.matrix !== undefined) return printMatrix(context, images);
  const home = openHome(context.home);
  await ensurePublisherKey(home.keys, context);
  const transport = await openTransport({}, context);
  const goOn = options.keepGoing === true ? { onFailure: context.complain } : {};
  const runs = new ImageRuns<BuildResult>({ ...context, ...goOn });
  const summary = openBuildSummary(context, options.summary);
  try {
    for (const image of images) {
      const name = imageName(image);
      await runs.run([name], async (finished) => {
        await summary.remember([name]);
        const built = await buildOne({ ...context, report: runs.report }, image, options, transport);
        const result = describe(image, built);
        finished(result);
        if (!context.json) context.print(line(result));
      });
    }
  } finally {
    transport.close();
    summary.deliver(runs.all);
  }
  if (context.json) printResult(context, { images: runs.all.map(resultDocument) }, '');
  return worstStatus(runs.failures);
}

async function wanted(names: readonly string[], options: BuildOptions): Promise<readonly ResolvedImage[]> {
  const where = options.definitions === undefined ? {} : { definitions: options.definitions };
  if (options.all === true) return openImages({ ...where, filters: names });
  if (names.length === 0) {
    throw new CooperError('bad-usage', { what: 'no image named', next: 'For example: cooper build debian/bookworm' });
  }
  return Promise.all(names.map((name) => openImage(name, where)));
}

async function buildOne(
  context: CommandContext,
  image: ResolvedImage,
  options: BuildOptions,
  transport: Transport,
): Promise<BuiltImage> {
  const { home, signal } = context;
  // Not the start of the program: with many images that may be hours ago, and archives sign in between.
  const now = new Date();
  const build = await nextBuildName(home.tree, image, now);
  const outside = options.out === undefined ? home.finished : resolve(options.out);
  const place = join(outside, `${imageName(image).replaceAll('/', '-')}-${build}`);
  const published = options.out === undefined && options.publish;
  if (!published && existsSync(place)) throw outputExists(place);
  const epoch = sourceDateEpoch(context.env);
  return buildImage({
    image,
    build,
    buildsDir: home.builds,
    cacheDir: home.cache,
    transport,
    mirrors: mirrorsFor(context, image, options),
    ...(epoch === undefined ? {} : { epoch }),
    builderVersion: version,
    now,
    report: context.report,
    signal,
    deliver: async (folder, stages) => {
      const signer = await openSigner(home.keys, new Date());
      await stages.run('sign', () => signBuild(folder, signer));
      if (!published) return copyInto(folder, place);
      return stages.run('publish', async () => {
        const { builds } = await publish(home.tree, [{ directory: folder }], signer, new Date(), { signal });
        return join(home.tree, builds[0]?.path ?? '');
      });
    },
  });
}

// By copy, since the folder may be on another file system; visible when it is complete.
function copyInto(folder: string, place: string): string {
  if (existsSync(place)) throw outputExists(place);
  const partial = join(dirname(place), `.${basename(place)}.${process.pid}`);
  try {
    cpSync(folder, partial, { recursive: true });
    renameSync(partial, place);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw explainSystemError(error, `copying the build to ${place}`);
  }
  return place;
}

function outputExists(place: string): CooperError {
  return new CooperError('output-exists', { what: `the folder ${place} exists already` });
}

/** Flags go before cooper.yaml; the host's own sources and the definition come after both (builder/source). */
export function mirrorsFor(
  context: CommandContext,
  image: ResolvedImage,
  options: Pick<BuildOptions, 'mirror' | 'securityMirror'>,
): { readonly main?: string; readonly security?: string } {
  const settings = readSettings(context.home).mirrors[image.distribution];
  const main = options.mirror ?? settings?.main;
  const security = options.securityMirror ?? settings?.security;
  return { ...(main === undefined ? {} : { main }), ...(security === undefined ? {} : { security }) };
}

function describe(image: ResolvedImage, built: BuiltImage): BuildResult {
  return {
    image: imageName(image),
    build: built.manifest.build,
    directory: built.directory,
    status: 'built',
    bytes: built.manifest.files['rootfs.tar.xz']?.size ?? 0,
    segments: { total: 1, reused: 0 },
    stages: built.stages,
  };
}

function line({ image, build, bytes, directory }: BuildResult): string {
  return `${image} ${build}: ${formatBytes(bytes)} in ${directory}\n`;
}

/** SOURCE_DATE_EPOCH as seconds since 1970. Throws `bad-usage`. */
export function sourceDateEpoch(env: NodeJS.ProcessEnv): number | undefined {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new CooperError('bad-usage', { what: `SOURCE_DATE_EPOCH is not a number of seconds: ${text}` });
}
