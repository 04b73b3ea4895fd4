// cooper rootfs: definition → a folder with the root filesystem, for chroots, nspawn and tests. Makes no archive, signs and
// publishes nothing. Refuses a folder that has something in it.

import { readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { buildRoot, parseAllowances, removeWhenEmpty } from '../../builder/index.ts';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { reownTree } from '../../image/index.ts';
import { nextBuildName } from '../../server/index.ts';
import { imageName, openImage } from '../../variants/index.ts';
import { mirrorsFor, sourceDateEpoch } from '../build-request.ts';
import { type CommandContext, printResult } from '../context.ts';
import { openHome } from '../home.ts';
import { openTransport } from '../server-access.ts';
import { sourceAccess } from '../source-access.ts';
import { version } from '../version.ts';

interface RootfsOptions {
  readonly definitions?: string;
  readonly mirror?: string;
  readonly securityMirror?: string;
  readonly allow?: readonly string[];
}

/** Makes the root of one image in `folder`, which appears complete or not at all. */
export async function rootfs(
  context: CommandContext,
  name: string,
  folder: string,
  options: RootfsOptions,
): Promise<number> {
  const { signal } = context;
  const image = await openImage(name, options.definitions === undefined ? {} : { definitions: options.definitions });
  const place = resolve(folder);
  refuseOccupied(place);
  const home = openHome(context.home);
  const transport = await openTransport({}, context);
  // Beside its place, on the same file system: what was built is moved there.
  const buildsDir = join(dirname(place), `.${basename(place)}.cooper`);
  const epoch = sourceDateEpoch(context.env);
  try {
    const stages = await buildRoot({
      images: [{ image, build: await nextBuildName(home.tree, image, context.now) }],
      buildsDir,
      cacheDir: home.cache,
      seenDir: home.seenArchives,
      transport,
      mirrors: mirrorsFor(context, image.distribution, options),
      ...sourceAccess(context),
      layers: 'auto',
      builderVersion: version,
      ...(epoch === undefined ? {} : { epoch }),
      allowances: parseAllowances(options.allow ?? []),
      now: context.now,
      report: context.report,
      signal,
      deliver: ({ path, idMap }) => {
        if (process.getuid?.() === 0) reownTree(path, idMap);
        movePlace(path, place);
      },
    });
    printResult(context, { image: imageName(image), directory: place, stages }, `${imageName(image)}: ${place}\n`);
  } finally {
    transport.close();
    // The log of a failed build stays in it.
    removeWhenEmpty(buildsDir);
  }
  return 0;
}

function refuseOccupied(place: string): void {
  try {
    if (readdirSync(place).length === 0) return;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw explainSystemError(error, `looking at ${place}`);
  }
  throw new CooperError('output-exists', { what: `the folder ${place} is not empty` });
}

function movePlace(from: string, place: string): void {
  try {
    renameSync(from, place);
  } catch (error) {
    if (isSystemError(error, 'ENOTEMPTY')) throw new CooperError('output-exists', { what: `${place} is not empty` });
    throw explainSystemError(error, `moving the root to ${place}`);
  }
}
