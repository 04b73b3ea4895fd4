// Puts a checked build into images/: what is published is copied to the staging folder first and checked there. It is complete on
// disk before one rename makes it visible. A journal tells the next publish what to take back when this one is cut off before the catalog names the build.

import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import type { Manifest } from '../../image/index.ts';
import { type Certificate, sha256Of } from '../../keys/index.ts';
import type { Signer } from '../../keys/sign.ts';
import type { ImageId } from '../../variants/identity.ts';
import { plainFilesOf } from './build-folder.ts';
import { builderOf, signAnew } from './builder.ts';
import { type CheckedBuild, checkBuild } from './check-build.ts';
import { checkGate } from './check-gate.ts';
import { renameDurably, syncDirectories, syncPath } from './files.ts';
import { notePlaced, placedPaths } from './journal.ts';
import { takeBackAttestations } from './land-attestation.ts';
import { type OfferedPaths, pathsOf } from './offer.ts';
import { buildFolder, treePaths } from './tree.ts';

/** A build folder with its signatures (keys/sign.ts, signBuild). Its image.json must be `manifest` when that is given. */
export interface SignedBuild {
  readonly directory: string;
  readonly manifest?: Manifest;
}

/** Whose tree it is that builds are placed into. */
export interface Placing {
  readonly tree: string;
  readonly publisher: Certificate;
  readonly signer: Signer;
  readonly now: Date;
}

/** A build in the tree. */
export interface PlacedBuild extends CheckedBuild {
  /** Who has made it, when that was a listed builder. */
  readonly builder: Certificate | undefined;
}

/**
 * Copies the build into the tree. `directory` is only read and may be on another file system. What one of `builders` has signed is
 * signed anew.
 * @throws CooperError 'build-incomplete', 'build-exists', 'gate-refused'; as builderOf and signAnew do
 */
export async function placeBuild(
  { tree, publisher, signer, now }: Placing,
  build: SignedBuild,
  builders: readonly Certificate[],
): Promise<PlacedBuild> {
  const { staging } = treePaths(tree);
  const staged = join(staging, 'build');
  await copyFolder(build.directory, staged);
  const by = await builderOf(staged, publisher, builders, now);
  const checked = await checkBuild(staged, build.manifest, by, now);
  await checkGate(staged, checked.manifest, join(staging, 'gate'));
  const builder = by === publisher ? undefined : by;
  if (builder !== undefined) await signAnew(staged, builder, signer);
  await landBuild(tree, staged, checked);
  return { ...checked, builder };
}

/**
 * Moves a checked folder of the same file system to its place in the tree. Whoever does not announce it has to take it back.
 * @throws CooperError 'build-exists'
 */
export async function landBuild(
  tree: string,
  staged: string,
  { manifest }: { readonly manifest: ImageId & Pick<Manifest, 'build'> },
): Promise<void> {
  const folder = buildFolder(manifest, manifest.build);
  const target = join(tree, folder);
  if (await exists(target)) throw new CooperError('build-exists', { what: `${folder} is already published` });
  await syncDirectories(staged);
  await notePlaced(tree, folder);
  await mkdir(dirname(target), { recursive: true });
  await renameDurably(staged, target);
}

/**
 * Removes what an earlier run staged or placed and never announced in `offer`. With `salvage` such builds are moved there, by the
 * digest of their image.json.
 */
export async function takeBack(tree: string, offer: OfferedPaths, salvage?: string): Promise<void> {
  const { staging } = treePaths(tree);
  const announced = pathsOf(offer);
  for (const folder of await placedPaths(tree)) {
    const path = join(tree, folder);
    const ours = folder.endsWith('/') && path.startsWith(`${treePaths(tree).images}/`);
    if (!ours || announced.has(folder)) continue;
    if (salvage !== undefined) await moveAway(path, salvage);
    await rm(path, { recursive: true, force: true });
  }
  await takeBackAttestations(tree, offer);
  await rm(staging, { recursive: true, force: true });
}

async function moveAway(path: string, salvage: string): Promise<void> {
  try {
    const target = join(salvage, sha256Of(await readFile(join(path, 'image.json'))));
    await mkdir(salvage, { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(path, target);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  const names = await plainFilesOf(from);
  await mkdir(to, { recursive: true });
  for (const name of names) {
    const copy = join(to, name);
    await copyFile(join(from, name), copy, constants.COPYFILE_FICLONE);
    // The server may run as another user; a build folder may have been made under a strict umask.
    await chmod(copy, 0o644);
    await syncPath(copy);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
