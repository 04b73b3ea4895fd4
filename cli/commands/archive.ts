// cooper archive: the root of a container becomes an image, through the gate, the packing and the signing of builds.

import { resolve } from 'node:path';
import { archiveRoot } from '../../builder/index.ts';
import { parseImageName, withContainer } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { parseChannel } from '../../image/index.ts';
import { nextBuildName } from '../../server/index.ts';
import { hostArchitecture, imageName } from '../../variants/index.ts';
import { archivedImage } from '../archived-image.ts';
import { requireFree, sourceDateEpoch } from '../build-request.ts';
import { type CommandContext, printResult } from '../context.ts';
import { keepBuild, placeOf, publishBuild } from '../delivery.ts';
import { bootChoice, publishedBaseline } from '../gate.ts';
import { openHome } from '../home.ts';
import { ensurePublisherKey } from '../publisher.ts';
import { formatBytes } from '../render.ts';
import { hostUser } from '../server-access.ts';
import { version } from '../version.ts';

interface ArchiveOptions {
  readonly image?: string;
  readonly out?: string;
  readonly channel?: string;
  readonly bootGate?: string;
  readonly waive?: readonly string[];
  readonly definitions?: string;
  readonly path?: string;
}

/** Publishes the image as --image says, or puts its signed files below --out. Throws what archiveRoot does. */
export async function archive(context: CommandContext, name: string, options: ArchiveOptions): Promise<number> {
  const { image: named, out, waive = [], definitions } = options;
  if (named === undefined && out === undefined) {
    throw new CooperError('bad-usage', {
      what: 'nothing says what is to become of the container',
      next: 'Give --image DIST/RELEASE/ARCH/VARIANT to publish it as that, or --out DIR to have the files.',
    });
  }
  const wanted = named === undefined ? undefined : parseImageName(named, hostArchitecture());
  const channel = parseChannel(options.channel);
  const boot = bootChoice(options.bootGate);
  const home = openHome(context.home);
  await ensurePublisherKey(home.keys, context);
  const choice = {
    name,
    path: options.path,
    homeContainers: home.chosen ? home.containers : undefined,
    user: hostUser(context.env),
  };
  const made = await withContainer(choice, async ({ rootfs, workerMap, origin }) => {
    const image = await archivedImage({ wanted, origin: origin?.image, definitions, waive });
    const build = await nextBuildName(home.tree, image, context.now);
    const place = out === undefined ? undefined : placeOf(resolve(out), { ...image, build });
    if (place !== undefined) requireFree(place);
    const baseline = await publishedBaseline(home.tree, image, channel);
    const epoch = sourceDateEpoch(context.env);
    return archiveRoot({
      image,
      build,
      ...(baseline === undefined ? {} : { baseline }),
      container: name,
      rootfs,
      idMap: workerMap,
      origin: origin && `${imageName(origin.image)} ${origin.build}`,
      archivesDir: home.archives,
      cacheDir: home.cache,
      ...(epoch === undefined ? {} : { epoch }),
      gate: { boot, env: context.env },
      builderVersion: version,
      now: context.now,
      report: context.report,
      signal: context.signal,
      deliver: (_image, _manifest, folder, stages) =>
        place === undefined
          ? publishBuild(context, folder, channel, stages)
          : keepBuild(context, place, folder, stages),
    });
  });
  const { image, manifest, directory, stages } = made;
  const bytes = manifest.files['rootfs.tar.xz']?.size ?? 0;
  const document = { image: imageName(image), build: manifest.build, directory, bytes, stages };
  printResult(context, document, `${document.image} ${manifest.build}: ${formatBytes(bytes)} in ${directory}\n`);
  return 0;
}
