// Reads from a folder of a build what the summary tells of it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageListSchema } from '../../image/index.ts';
import { readManifest } from '../manifest-file.ts';
import type { BuildFacts } from './summary.ts';

/** The facts of a signed build; undefined when the folder is no longer there. */
export function readBuildFacts(directory: string): BuildFacts | undefined {
  const manifestFile = join(directory, 'image.json');
  if (!existsSync(manifestFile)) return undefined;
  const { build, files, rootfs } = readManifest(directory);
  const { packages } = packageListSchema.parse(JSON.parse(readFileSync(join(directory, 'packages.json'), 'utf8')));
  return { build, packed: files['rootfs.tar.xz']?.size ?? 0, unpacked: rootfs.size, packages };
}
