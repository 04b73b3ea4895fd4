// Writes the documents of a build: image.lock.json (what went in), packages.json (what is installed), image.json (what
// came out). Each is checked against its schema before it is written.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  digestFile,
  lockSchema,
  lxdName,
  type Manifest,
  manifestSchema,
  type PackedRoot,
  packageListSchema,
  writeDocument,
} from '../image/index.ts';
import type { FileDigest } from '../keys/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import type { FetchedFile } from './network/record.ts';
import { definitionDigest } from './plan/inputs.ts';
import type { ImagePlan } from './plan/plan.ts';
import { packageKey, type WantedPackage } from './source/index.ts';

/** Everything the documents tell of. */
export interface BuildDescription {
  readonly plan: ImagePlan;
  readonly builderVersion: string;
  readonly now: Date;
  /** What scripts have fetched. */
  readonly fetched: readonly FetchedFile[];
  readonly rootfs: PackedRoot['rootfs'];
  /** Folder of the build, with all its other files in place. */
  readonly folder: string;
}

/** Writes the three documents; image.json last, since it names the digests of all other files. */
export async function describeBuild(description: BuildDescription): Promise<Manifest> {
  writeLock(description);
  writePackageList(description);
  return writeManifest(description);
}

function writeLock({ folder, plan, builderVersion, fetched }: BuildDescription): void {
  const { image, epoch, indices, layers, inputs } = plan;
  const layerOf = new Map(layers.flatMap(({ variant, added }) => added.map((item) => [packageKey(item), variant])));
  writeDocument(join(folder, 'image.lock.json'), lockSchema, {
    schemaVersion: 1,
    kind: 'cooper.lock',
    image: identity(image),
    epoch,
    indices,
    definition: definitionDigest(image),
    inputs,
    builder: builderVersion,
    layers: layers.map(({ variant }) => variant),
    packages: packagesOf(plan).map(({ source, digest, ...item }) => ({
      ...item,
      ...digest,
      source: source.name,
      sourceVersion: source.version,
      layer: layerOf.get(packageKey(item)) ?? image.variant,
    })),
    ...(fetched.length === 0 ? {} : { fetched: [...fetched] }),
  });
}

function packagesOf({ layers }: ImagePlan): readonly WantedPackage[] {
  return layers.at(-1)?.packages ?? [];
}

function writePackageList({ folder, plan }: BuildDescription): void {
  writeDocument(join(folder, 'packages.json'), packageListSchema, {
    schemaVersion: 1,
    kind: 'cooper.packages',
    packages: packagesOf(plan).map(({ name, version, architecture, source }) => ({
      name,
      version,
      architecture,
      source: source.name,
      sourceVersion: source.version,
    })),
  });
}

async function writeManifest(description: BuildDescription): Promise<Manifest> {
  const { folder, plan } = description;
  const { image } = plan;
  const files: Record<string, FileDigest> = {};
  const fingerprint = createHash('sha256').update(readFileSync(join(folder, lxdName)));
  for (const name of readdirSync(folder).sort()) {
    files[name] = await digestFile(join(folder, name), ...(name === 'rootfs.tar.xz' ? [fingerprint] : []));
  }
  const manifest = {
    schemaVersion: 1 as const,
    kind: 'cooper.image' as const,
    ...identity(image),
    title: image.title,
    releaseVersion: image.releaseVersion,
    build: plan.build,
    created: description.now.toISOString(),
    epoch: plan.epoch,
    inputs: plan.inputs,
    rootfs: { ...description.rootfs, segments: [...description.rootfs.segments] },
    files,
    fingerprint: fingerprint.digest('hex'),
    builder: { name: 'cooper' as const, version: description.builderVersion },
  };
  writeDocument(join(folder, 'image.json'), manifestSchema, manifest);
  return manifestSchema.parse(manifest);
}

function identity({ distribution, release, architecture, variant }: ResolvedImage) {
  return { distribution, release, architecture, variant };
}
