// Takes images that somebody else has built into a tree of one's own: signs them with the publisher's key and shows them in one
// generation, together with what is given up. What it is given was judged by the gate; here it is checked once more, as every build is.

import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { stableChannel } from '../../image/index.ts';
import type { Certificate } from '../../keys/index.ts';
import { type Signer, signBuild } from '../../keys/sign.ts';
import { checkBuild } from './check-build.ts';
import { checkGate } from './check-gate.ts';
import { syncPath } from './files.ts';
import { type Offer, pathsOf } from './offer.ts';
import { withBuild, withoutBuilds } from './offer-change.ts';
import { landBuild } from './place.ts';
import { buildFolder, treePaths } from './tree.ts';
import { type LiveGeneration, type TurnOptions, takeTurn } from './turn.ts';

/** Whose tree it becomes. */
export interface Adopting {
  readonly signer: Signer;
  readonly now: Date;
}

/** What is to come and to go. */
export interface Adoption {
  /** Folders of complete builds without signatures, on the file system of the tree. They are gone afterwards. */
  readonly folders: readonly string[];
  /** Paths that leave the offer. */
  readonly leaving: ReadonlySet<string>;
}

/** Signs the build in the folder. Throws what signBuild and checkBuild throw. */
async function signFolder(folder: string, { signer, now }: Adopting, publisher: Certificate) {
  await signBuild(folder, signer);
  for (const name of await readdir(folder)) {
    // The server may run as another user.
    await chmod(join(folder, name), 0o644);
    await syncPath(join(folder, name));
  }
  return checkBuild(folder, undefined, publisher, now);
}

/**
 * Publishes them. Also without builds it makes a new generation. Atomic; whoever else publishes waits. What had left the offer and
 * comes again takes the place of the files that were still there.
 * @throws CooperError as publish does
 */
export function adopt(
  tree: string,
  { folders, leaving }: Adoption,
  adopting: Adopting,
  options: TurnOptions = {},
): Promise<LiveGeneration> {
  return takeTurn(tree, adopting, options, async (turn) => {
    turn.onStep('place');
    const { staging } = treePaths(tree);
    await mkdir(staging, { recursive: true });
    const present = pathsOf(turn.offer);
    let offer: Offer = withoutBuilds(turn.offer, leaving);
    for (const folder of folders) {
      const checked = await signFolder(folder, adopting, turn.publisher);
      await checkGate(folder, checked.manifest, join(staging, 'gate'));
      const path = buildFolder(checked.manifest, checked.manifest.build);
      offer = withBuild(offer, checked.manifest, checked.digest, stableChannel);
      if (present.has(path)) throw new CooperError('build-exists', { what: `${path} is already published` });
      await chmod(folder, 0o755);
      await rm(join(tree, path), { recursive: true, force: true });
      await landBuild(tree, folder, checked);
    }
    return turn.show(offer);
  });
}
