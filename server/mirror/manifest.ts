// image.json of a build that a mirror wants: fetched once, and kept in the folder where the build comes together.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchManifest, type Publisher, readNamedManifest } from '../../client/index.ts';
import { CooperError, isSystemError } from '../../errors/index.ts';
import type { Manifest } from '../../image/index.ts';
import { verifyDigest } from '../../keys/index.ts';
import type { WantedBuild } from './plan.ts';

/** What a build consists of, and bytes that it took to learn that. */
export interface ObtainedManifest {
  readonly contents: Manifest;
  readonly fetched: number;
}

/**
 * The manifest of the build: of an earlier run from `folder`, else from the origin. Changes nothing.
 * @throws CooperError as fetchManifest does
 */
export async function lookUpManifest(
  folder: string,
  wanted: WantedBuild,
  origin: Publisher,
): Promise<ObtainedManifest & { readonly file: Buffer }> {
  const there = await readThere(join(folder, 'image.json'), wanted);
  if (there !== undefined) return { ...there, fetched: 0 };
  const { contents, file } = await fetchManifest(origin, wanted);
  return { contents, file: file.value, fetched: file.value.length };
}

/** The same, and it lies in `folder` afterwards, which is made when it is not there. */
export async function obtainManifest(
  folder: string,
  wanted: WantedBuild,
  origin: Publisher,
): Promise<ObtainedManifest> {
  const { contents, file, fetched } = await lookUpManifest(folder, wanted, origin);
  if (fetched > 0) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'image.json'), file, { flush: true });
  }
  return { contents, fetched };
}

async function readThere(path: string, wanted: WantedBuild) {
  try {
    const file = verifyDigest(await readFile(path), wanted.manifest, path);
    return { contents: readNamedManifest(file, wanted, path), file: file.value };
  } catch (error) {
    const other = error instanceof CooperError && error.code === 'digest-mismatch';
    if (other || isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
