// What becomes of a complete build: signed, then published into the tree or copied to a folder outside.

import { join } from 'node:path';
import type { Stages } from '../events/index.ts';
import { openSigner, type Signer, signBuild } from '../keys/sign.ts';
import { publish } from '../server/index.ts';
import { type ImageId, imageName } from '../variants/index.ts';
import type { CommandContext } from './context.ts';
import { copyBuild } from './copy-build.ts';

type Delivering = Pick<CommandContext, 'home' | 'passphrases'>;

/** Signs the folder and publishes it into the channel. Returns where it is then. */
export async function publishBuild(
  context: Delivering,
  folder: string,
  channel: string,
  stages: Stages,
): Promise<string> {
  const { home } = context;
  const signer = await signerNow(context);
  await stages.run('sign', () => signBuild(folder, signer));
  return stages.run('publish', async () => {
    const options = { signal: stages.signal, channel };
    const { builds } = await publish(home.tree, [{ directory: folder }], signer, new Date(), options);
    return join(home.tree, builds[0]?.path ?? '');
  });
}

/** Where a build that is not published lies below `outside`. */
export function placeOf(outside: string, build: ImageId & { readonly build: string }): string {
  return join(outside, `${imageName(build).replaceAll('/', '-')}-${build.build}`);
}

/** Signs the folder and copies it to `place`. Throws `output-exists`. */
export async function keepBuild(context: Delivering, place: string, folder: string, stages: Stages): Promise<string> {
  const signer = await signerNow(context);
  await stages.run('sign', () => signBuild(folder, signer));
  return copyBuild(folder, place);
}

/** The passphrase was asked for when the build began: it is known by now. */
function signerNow({ home, passphrases }: Delivering): Promise<Signer> {
  return openSigner(home.keys, new Date(), passphrases.key);
}
