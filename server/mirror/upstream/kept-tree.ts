// The tree of a mirror that keeps signatures: no catalog, the server's own indexes, and a note of what is here (cooper/v1/origin.json).

import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { UpstreamBuild } from '../../../client/index.ts';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { type KeptOrigin, keptOriginSchema } from '../../../image/index.ts';
import type { Certificate } from '../../../keys/index.ts';
import { imageName } from '../../../variants/identity.ts';
import type { OfferedPaths } from '../../publish/offer.ts';
import { keptOriginPath, liveTarget } from '../../publish/published.ts';
import { buildFolder, treePaths } from '../../publish/tree.ts';
import type { UpstreamRequest } from './request.ts';

/** What is live of such a mirror. */
export interface KeptGeneration {
  readonly serial: number;
  readonly origin: Pick<KeptOrigin, 'server' | 'fingerprint' | 'builds'>;
}

/**
 * Reads it; undefined where nothing is live yet.
 * @throws CooperError 'tree-damaged', also for the tree of a publisher
 */
export async function readKept(tree: string): Promise<KeptGeneration | undefined> {
  const target = await liveTarget(treePaths(tree).live);
  if (target === undefined) return undefined;
  const origin = await readOrigin(join(tree, target));
  if (origin !== undefined) return { serial: Number(basename(target)), origin };
  throw new CooperError('tree-damaged', {
    what: `${tree} is the tree of a publisher, and no copy of a server without a catalog`,
    next: 'Mirror into another home folder (--home), or sign the images anew with --resign.',
  });
}

async function readOrigin(generation: string): Promise<KeptOrigin | undefined> {
  try {
    return keptOriginSchema.parse(JSON.parse(await readFile(join(generation, keptOriginPath), 'utf8')));
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT')) return undefined;
    throw new CooperError('tree-damaged', { what: `${join(generation, keptOriginPath)} cannot be read`, cause });
  }
}

/** Paths of what is here of this very server and key: what another had there is fetched anew. Pure. */
export function presentPaths(
  live: KeptGeneration | undefined,
  { server, signer }: Pick<UpstreamRequest, 'server' | 'signer'>,
): ReadonlySet<string> {
  const isSame = live?.origin.server === server.href && live.origin.fingerprint === signer?.fingerprint;
  return new Set(isSame ? live.origin.builds.map(({ path }) => path) : []);
}

/** Where its builds lie, in the form in which an offer has it. Pure. */
export function keptPaths(builds: readonly Pick<KeptOrigin['builds'][number], 'path'>[]): OfferedPaths {
  return new Map(builds.map(({ path }) => [path, { builds: [{ path, attestations: [] }] }]));
}

/** What `originText` says of a build. Pure. */
export function keptBuild({ distribution, release, architecture, variant, build }: UpstreamBuild) {
  return {
    distribution,
    release,
    architecture,
    variant,
    build,
    path: buildFolder({ distribution, release, architecture, variant }, build),
  };
}

/** What a generation of it holds. */
export interface KeptDocuments {
  readonly server: string;
  readonly signer: Certificate;
  readonly builds: readonly UpstreamBuild[];
  /** The server's indexes and their signatures, byte for byte; undefined for a part of them. */
  readonly indexes: ReadonlyMap<string, string> | undefined;
  /** Which indexes the server has, for our own of a part. */
  readonly paths: readonly string[];
}

/** Contents by path. Pure. An index of a part is our own, and nobody has signed it. */
export function keptDocuments({ server, signer, builds, indexes, paths }: KeptDocuments): ReadonlyMap<string, string> {
  const files = new Map(indexes ?? []);
  if (indexes === undefined) {
    const lines = builds.map((build) => {
      const { distribution, release, architecture, variant } = build;
      return `${[distribution, release, architecture, variant, build.build, `/${build.folder}`].join(';')}\n`;
    });
    for (const path of paths) files.set(path, lines.sort().join(''));
  }
  files.set(`keys/${signer.fingerprint}.asc`, signer.armored);
  files.set('pks/lookup', signer.armored);
  const origin = {
    schemaVersion: 1,
    critical: [],
    kind: 'cooper.origin',
    server,
    fingerprint: signer.fingerprint,
    builds: builds.map(keptBuild).sort((one, other) => (one.path < other.path ? -1 : 1)),
  };
  files.set(keptOriginPath, `${JSON.stringify(origin, undefined, 1)}\n`);
  return files;
}

/** Number of images. Pure. */
export function imagesOf(builds: readonly KeptOrigin['builds'][number][]): number {
  return new Set(builds.map(imageName)).size;
}

/** Removes the generations, but for the live one, that name one of the builds: what a generation names is there. */
export async function dropGenerations(tree: string, paths: readonly string[]): Promise<void> {
  const { live, generations } = treePaths(tree);
  const current = basename((await liveTarget(live)) ?? '');
  const gone = new Set(paths);
  for (const number of await readdir(generations)) {
    if (number === current) continue;
    const origin = await readOrigin(join(generations, number));
    if (origin?.builds.some(({ path }) => gone.has(path)) === true)
      await rm(join(generations, number), { recursive: true });
  }
}
