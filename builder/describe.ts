// Writes the documents of a build: image.lock.json (what went in), packages.json (what is installed), image.json (what
// came out). Each is checked against its schema before it is written.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BuildName,
  digestFile,
  lockSchema,
  type Manifest,
  manifestSchema,
  type PackedRoot,
  packageListSchema,
  writeDocument,
} from '../image/index.ts';
import type { FileDigest } from '../keys/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import type { ArchiveIndex, FetchedPackage, SuiteIndex } from './source/index.ts';

/** Everything the documents tell of. */
export interface BuildDescription {
  readonly image: ResolvedImage;
  readonly build: BuildName;
  readonly builderVersion: string;
  readonly now: Date;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly index: ArchiveIndex;
  readonly packages: readonly FetchedPackage[];
  readonly rootfs: PackedRoot['rootfs'];
  /** Folder of the build, with all its other files in place. */
  readonly folder: string;
}

/** Writes the three documents; image.json last, since it names the digests of all other files. */
export async function describeBuild(description: BuildDescription): Promise<Manifest> {
  const { folder } = description;
  const packages = [...description.packages].sort((one, other) => (one.name < other.name ? -1 : 1));
  writeLock({ ...description, packages });
  writePackageList(folder, packages);
  return writeManifest(description);
}

function writeLock({ folder, image, epoch, index, packages }: BuildDescription): void {
  writeDocument(join(folder, 'image.lock.json'), lockSchema, {
    schemaVersion: 1,
    kind: 'cooper.lock',
    image: identity(image),
    epoch,
    indices: index.suites.map(indexEntry),
    packages: packages.map(({ name, version, architecture, archive, path, digest }) => ({
      name,
      version,
      architecture,
      archive,
      path,
      ...digest,
    })),
  });
}

function indexEntry({ name, archive, release, lists }: SuiteIndex) {
  const { path, size, sha256, date } = release;
  const packages = lists.map((list) => ({ path: list.path, size: list.size, sha256: list.sha256 }));
  return { suite: name, archive, path, size, sha256, date: date.toISOString(), packages };
}

function writePackageList(folder: string, packages: readonly FetchedPackage[]): void {
  writeDocument(join(folder, 'packages.json'), packageListSchema, {
    schemaVersion: 1,
    kind: 'cooper.packages',
    packages: packages.map(({ name, version, architecture, source }) => ({
      name,
      version,
      architecture,
      source: source.name,
      sourceVersion: source.version,
    })),
  });
}

async function writeManifest(description: BuildDescription): Promise<Manifest> {
  const { image, folder } = description;
  const files: Record<string, FileDigest> = {};
  for (const name of readdirSync(folder).sort()) files[name] = await digestFile(join(folder, name));
  const manifest = {
    schemaVersion: 1 as const,
    kind: 'cooper.image' as const,
    ...identity(image),
    title: image.title,
    build: description.build,
    created: description.now.toISOString(),
    epoch: description.epoch,
    rootfs: description.rootfs,
    files,
    builder: { name: 'cooper' as const, version: description.builderVersion },
  };
  writeDocument(join(folder, 'image.json'), manifestSchema, manifest);
  return manifestSchema.parse(manifest);
}

function identity({ distribution, release, architecture, variant }: ResolvedImage) {
  return { distribution, release, architecture, variant };
}
