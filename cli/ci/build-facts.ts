// Reads from a folder of a build what the summary tells of it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, readPackages } from '../build-documents.ts';
import type { BuildFacts } from './summary.ts';

/** The facts of a signed build; undefined when the folder is no longer there. */
export function readBuildFacts(directory: string): BuildFacts | undefined {
  const manifestFile = join(directory, 'image.json');
  if (!existsSync(manifestFile)) return undefined;
  const { build, files, rootfs } = readManifest(directory);
  const packages = readPackages(directory) ?? [];
  return { build, packed: files['rootfs.tar.xz']?.size ?? 0, unpacked: rootfs.size, packages };
}
