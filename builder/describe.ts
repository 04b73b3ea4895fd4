// Writes the documents of a build: image.lock.json (what went in), packages.json (what is installed), image.json (what
// came out). Each is checked against its schema before it is written.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BuildName,
  digestFile,
  type Lock,
  lockSchema,
  lxdName,
  type Manifest,
  manifestSchema,
  type PackedRoot,
  packageListSchema,
  type Vouching,
  writeDocument,
} from '../image/index.ts';
import type { FileDigest, Sha256 } from '../keys/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import type { FetchedFile } from './network/record.ts';
import { definitionDigest } from './plan/inputs.ts';
import type { ImagePlan } from './plan/plan.ts';
import type { ListedPackage } from './source/index.ts';
import { writeKeptSeeds } from './source/seed/kept-seeds.ts';
import { packageKey, type WantedPackage } from './source/wanted.ts';

/** What the manifest tells of, whatever the root was made from. */
export interface ImageDescription {
  readonly image: ResolvedImage;
  readonly build: BuildName;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly inputs: Sha256;
  readonly builderVersion: string;
  readonly now: Date;
  readonly rootfs: PackedRoot['rootfs'];
  readonly archived?: Manifest['archived'];
  /** Where it comes from, when it is no container's root. */
  readonly vouched?: Vouching;
  /** Folder of the build, with all its other files in place. */
  readonly folder: string;
}

/** Everything the documents of a build from packages tell of. */
export interface BuildDescription extends Omit<ImageDescription, keyof ImagePlan | 'archived'> {
  readonly plan: ImagePlan;
  /** Packages of a root whose source has chosen none. */
  readonly found: readonly ListedPackage[] | undefined;
  /** What scripts have fetched. */
  readonly fetched: readonly FetchedFile[];
  /** The home folder's cache. */
  readonly cacheDir: string;
}

/** What the lock file of a build is made from. */
type LockDescription = Pick<BuildDescription, 'plan' | 'builderVersion' | 'fetched'>;

/** Writes the documents; image.json last, since it names the digests of all other files. */
export async function describeBuild(description: BuildDescription): Promise<Manifest> {
  const { plan, found, ...rest } = description;
  writeDocument(join(description.folder, 'image.lock.json'), lockSchema, lockOf(description));
  writePackageList(description.folder, found ?? packagesOf(plan));
  await writeKeptSeeds(plan.layers, description.cacheDir, description.folder);
  return writeManifest({ ...rest, ...plan });
}

/** What goes into the lock file of a build. */
export function lockOf({ plan, builderVersion, fetched }: LockDescription): Omit<Lock, 'critical'> {
  const { image, epoch, indices, layers, inputs } = plan;
  const layerOf = new Map(layers.flatMap(({ variant, added }) => added.map((item) => [packageKey(item), variant])));
  return {
    schemaVersion: 1,
    kind: 'cooper.lock',
    image: identity(image),
    epoch,
    indices: [...indices],
    source: lockedSource(plan),
    definition: definitionDigest(image),
    inputs,
    builder: builderVersion,
    layers: layers.map(({ variant }) => variant),
    packages: lockedPackages(plan).map(({ source, digest, ...item }) => ({
      ...item,
      ...digest,
      source: source.name,
      sourceVersion: source.version,
      layer: layerOf.get(packageKey(item)) ?? image.variant,
    })),
    ...(fetched.length === 0 ? {} : { fetched: [...fetched] }),
  };
}

/** In the order of installation where it counts: packages of pkgtools replace each other's files. */
function lockedPackages({ image, layers }: ImagePlan): readonly WantedPackage[] {
  const { kind } = image.source;
  if (kind === 'plamo' || kind === 'slackware') return layers.flatMap(({ added }) => added);
  return layers.at(-1)?.packages ?? [];
}

function lockedSource({ image, vouched, layers }: ImagePlan): Lock['source'] {
  const seed = layers.flatMap((layer) => layer.seed.map(({ digest, ...part }) => ({ ...part, ...digest })));
  return { kind: image.source.kind, vouched, ...(seed.length === 0 ? {} : { seed }) };
}

function packagesOf({ layers }: ImagePlan): readonly WantedPackage[] {
  return layers.at(-1)?.packages ?? [];
}

/** Writes `<folder>/packages.json`. */
export function writePackageList(folder: string, packages: readonly ListedPackage[]): void {
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

/** Writes image.json, which names the digests of all files that are in the folder by then. */
export async function writeManifest(description: ImageDescription): Promise<Manifest> {
  const { folder, image, archived, vouched } = description;
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
    build: description.build,
    created: description.now.toISOString(),
    epoch: description.epoch,
    inputs: description.inputs,
    rootfs: { ...description.rootfs, segments: [...description.rootfs.segments] },
    files,
    ...(archived === undefined ? {} : { archived }),
    ...(vouched === undefined ? {} : { source: { kind: image.source.kind, vouched } }),
    fingerprint: fingerprint.digest('hex'),
    builder: { name: 'cooper' as const, version: description.builderVersion },
  };
  writeDocument(join(folder, 'image.json'), manifestSchema, manifest);
  return manifestSchema.parse(manifest);
}

function identity({ distribution, release, architecture, variant }: ResolvedImage) {
  return { distribution, release, architecture, variant };
}
