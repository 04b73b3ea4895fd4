// What becomes of a complete build: signed, then published into the tree or copied to a folder outside.

import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CooperError, explainSystemError } from '../errors/index.ts';
import type { Stages } from '../events/index.ts';
import { openSigner, signBuild } from '../keys/sign.ts';
import { publish } from '../server/index.ts';
import { type ImageId, imageName } from '../variants/index.ts';
import type { Home } from './home.ts';

/** Signs the folder and publishes it. Returns where it is then. */
export async function publishBuild(home: Home, folder: string, stages: Stages): Promise<string> {
  const signer = await openSigner(home.keys, new Date());
  await stages.run('sign', () => signBuild(folder, signer));
  return stages.run('publish', async () => {
    const { builds } = await publish(home.tree, [{ directory: folder }], signer, new Date(), { signal: stages.signal });
    return join(home.tree, builds[0]?.path ?? '');
  });
}

/** Where a build that is not published lies below `outside`. */
export function placeOf(outside: string, build: ImageId & { readonly build: string }): string {
  return join(outside, `${imageName(build).replaceAll('/', '-')}-${build.build}`);
}

/** Signs the folder and copies it to `place`. Throws `output-exists`. */
export async function keepBuild(home: Home, place: string, folder: string, stages: Stages): Promise<string> {
  const signer = await openSigner(home.keys, new Date());
  await stages.run('sign', () => signBuild(folder, signer));
  return copyInto(folder, place);
}

// By copy, since the folder may be on another file system; visible when it is complete.
function copyInto(folder: string, place: string): string {
  if (existsSync(place)) throw new CooperError('output-exists', { what: `the folder ${place} exists already` });
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
