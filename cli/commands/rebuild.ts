// cooper rebuild: builds a published image again from its lock file; with --check, compares every byte. Publishes nothing, and signs
// nothing but with --attest, when every byte is the same.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildImages, parseAllowances, readLockFile } from '../../builder/index.ts';
import { CooperError } from '../../errors/index.ts';
import { imageName, openImage } from '../../variants/index.ts';
import { mirrorsFor } from '../build-request.ts';
import { requireSameBuild } from '../compare-builds.ts';
import { type CommandContext, printResult } from '../context.ts';
import { copyBuild } from '../copy-build.ts';
import { placeOf } from '../delivery.ts';
import { openHome } from '../home.ts';
import { findBuild } from '../published-build.ts';
import { openPublisherKey } from '../publisher.ts';
import { openTransport } from '../server-access.ts';
import { sourceAccess } from '../source-access.ts';
import { version } from '../version.ts';

interface RebuildOptions {
  readonly check?: boolean;
  readonly attest?: string;
  readonly definitions?: string;
  readonly channel?: string;
  readonly mirror?: string;
  readonly securityMirror?: string;
  readonly out?: string;
  readonly allow?: readonly string[];
}

/** `name`: an image of the home's tree, or the folder of a build. Throws `rebuild-differs`, `lock-mismatch` and those of a build. */
export async function rebuild(context: CommandContext, name: string, options: RebuildOptions): Promise<number> {
  const home = openHome(context.home);
  const attest = await openAttestation(context, options);
  const published = await findBuild(context.home.tree, name, options);
  const { manifest, directory } = published;
  if (manifest.archived !== undefined) {
    throw new CooperError('bad-usage', {
      what: `${imageName(manifest)} ${manifest.build} is the root of a container (\`cooper archive\`): it cannot be built again`,
    });
  }
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
        ...sourceAccess(context),
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
  const attestation = await attest?.(directory);
  const document = {
    image: imageName(image),
    build: manifest.build,
    identical: options.check === true,
    directory: kept,
    attestation,
  };
  const said = options.check === true ? 'identical' : `rebuilt in ${kept}`;
  const signed = attestation === undefined ? '' : `, signed in ${attestation}`;
  printResult(context, document, `${imageName(image)} ${manifest.build}: ${said}${signed}\n`);
  return 0;
}

/**
 * What signs the image.json of a build that is the same again: for the publisher, who puts it beside the build. The key is opened first, so that
 * nobody builds for an hour to learn that there is none.
 */
async function openAttestation(
  context: CommandContext,
  { check, attest }: RebuildOptions,
): Promise<((directory: string) => Promise<string>) | undefined> {
  if (attest === undefined) return undefined;
  if (check !== true) throw new CooperError('bad-usage', { what: '--attest needs --check', next: 'Give both' });
  const file = resolve(attest);
  if (existsSync(file)) throw new CooperError('output-exists', { what: `${file} exists` });
  const signer = await openPublisherKey(context.home.keys, context);
  return async (directory) => {
    const signature = await signer.signDetached(await readFile(join(directory, 'image.json')));
    await writeFile(file, signature, { flag: 'wx' });
    return file;
  };
}
