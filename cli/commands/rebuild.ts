// cooper rebuild: builds a published image again from its lock file; with --check, compares every byte. Signs and publishes
// nothing.

import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildImages, type FinishedBuild, parseAllowances, readLockFile } from '../../builder/index.ts';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { manifestSchema } from '../../image/index.ts';
import { imageName, openImage } from '../../variants/index.ts';
import { mirrorsFor } from '../build-request.ts';
import { requireSameBuild } from '../compare-builds.ts';
import { type CommandContext, printResult } from '../context.ts';
import { copyBuild } from '../copy-build.ts';
import { placeOf } from '../delivery.ts';
import { openHome } from '../home.ts';
import { PublishedBuilds } from '../published-build.ts';
import { openTransport } from '../server-access.ts';
import { version } from '../version.ts';

interface RebuildOptions {
  readonly check?: boolean;
  readonly definitions?: string;
  readonly mirror?: string;
  readonly securityMirror?: string;
  readonly out?: string;
  readonly allow?: readonly string[];
}

/** `name`: an image of the home's tree, or the folder of a build. Throws `rebuild-differs`, `lock-mismatch` and those of a build. */
export async function rebuild(context: CommandContext, name: string, options: RebuildOptions): Promise<number> {
  const home = openHome(context.home);
  const published = await publishedBuild(context, name, options);
  const { manifest, directory } = published;
  const where = options.definitions === undefined ? {} : { definitions: options.definitions };
  const image = await openImage(imageName(manifest), where);
  const place = placeOf(options.out === undefined ? home.finished : resolve(options.out), manifest);
  const transport = await openTransport({}, context);
  let kept: string | undefined;
  try {
    await buildImages(
      {
        images: [{ image, build: manifest.build }],
        buildsDir: home.builds,
        cacheDir: home.cache,
        transport,
        mirrors: mirrorsFor(context, image.distribution, options),
        lock: await readLockFile(join(directory, 'image.lock.json')),
        layers: 'auto',
        roots: 'auto',
        allowances: parseAllowances(options.allow ?? []),
        // What is booted says nothing of the bytes.
        gate: { boot: 'never', env: context.env },
        builderVersion: version,
        // What the clock decided then is decided the same way.
        now: new Date(manifest.created),
        report: context.report,
        signal: context.signal,
        reuse: async () => undefined,
        deliver: async (_image, rebuilt, folder) => {
          if (options.check === true) await requireSameBuild(published, rebuilt, folder);
          if (options.check !== true || options.out !== undefined) kept = copyBuild(folder, place);
          return kept ?? folder;
        },
      },
      () => undefined,
    );
  } finally {
    transport.close();
  }
  const document = {
    image: imageName(image),
    build: manifest.build,
    identical: options.check === true,
    directory: kept,
  };
  const said = options.check === true ? 'identical' : `rebuilt in ${kept}`;
  printResult(context, document, `${imageName(image)} ${manifest.build}: ${said}\n`);
  return 0;
}

async function publishedBuild(context: CommandContext, name: string, options: RebuildOptions): Promise<FinishedBuild> {
  if (name.startsWith('/') || name.startsWith('.') || (await isFolder(join(name, '.')))) {
    return readBuildFolder(resolve(name));
  }
  const where = options.definitions === undefined ? {} : { definitions: options.definitions };
  const image = await openImage(name, where);
  const newest = await new PublishedBuilds(context.home.tree).newest(image);
  if (newest !== undefined) return newest;
  throw new CooperError('bad-usage', {
    what: `${imageName(image)} is not published in ${context.home.tree}`,
    next: 'Name a published image, or the folder of a build.',
  });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return false;
    throw error;
  }
}

async function readBuildFolder(directory: string): Promise<FinishedBuild> {
  try {
    const text = await readFile(join(directory, 'image.json'), 'utf8');
    return { directory, manifest: manifestSchema.parse(JSON.parse(text)) };
  } catch (cause) {
    throw new CooperError('bad-usage', { what: `${directory} is not the folder of a build`, cause });
  }
}
