// Makes a build of ours of the files of somebody else: what stock clients need and the server did not have, the report of the gate,
// image.json. Nothing is signed here, and nothing is changed in the archives.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  combinedFingerprint,
  type FetchedFile,
  leastOf,
  makeMetadata,
  type ReadArchive,
  readArchive,
  titleOf,
  type Upstream,
  type UpstreamBuild,
  usualTemplates,
} from '../../../client/index.ts';
import { CooperError } from '../../../errors/index.ts';
import { readHostTraces, refuseFindings, runImageGate, writeGateReport } from '../../../gate/index.ts';
import {
  digestFile,
  lxdName,
  type Manifest,
  manifestSchema,
  timeOfBuild,
  writeDocument,
} from '../../../image/index.ts';
import { type FileDigest, type Fingerprint, type Sha256, sha256Of } from '../../../keys/index.ts';
import type { UpstreamWaiver } from './request.ts';

/** A build whose files lie in `folder`. */
export interface Wrapping {
  readonly folder: string;
  /** Is made, and gone afterwards. */
  readonly scratch: string;
  readonly build: UpstreamBuild;
  readonly files: readonly FetchedFile[];
  readonly upstream: Pick<Upstream, 'server' | 'protocol'>;
  readonly signer: Fingerprint | undefined;
  readonly waivers: readonly UpstreamWaiver[];
  readonly version: string;
  readonly onNotice: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Completes the folder. It has no signatures yet.
 * @throws CooperError 'gate-refused', 'metadata-invalid', 'archive-*', 'download-mismatch' for metadata of another root
 */
export async function wrapBuild(wrapping: Wrapping): Promise<Manifest> {
  const { folder, build, files, signal } = wrapping;
  const created = timeOfBuild(build.build);
  if (created === undefined) {
    throw new CooperError('upstream-invalid', { what: `${build.folder}: ${build.build} is no time` });
  }
  const archive = await readArchive(join(folder, 'rootfs.tar.xz'), usualTemplates, signal);
  const epoch = created.getTime() / 1000;
  if (!files.some(({ name }) => name === 'meta.tar.xz')) await makeMetadata(folder, build, archive, epoch);
  const hasLxd = files.some(({ name }) => name === lxdName);
  const fingerprint = hasLxd ? await combinedFingerprint(folder, build) : undefined;
  await judge(wrapping, archive);
  return describe(wrapping, archive, { created, fingerprint });
}

async function judge(wrapping: Wrapping, { size, sha256 }: ReadArchive): Promise<void> {
  const { folder, scratch, build, signal } = wrapping;
  const waivers = wrapping.waivers
    .filter(({ match = {} }) =>
      Object.entries(match).every(([part, name]) => build[part as keyof typeof match] === name),
    )
    .map(({ match, ...waiver }) => waiver);
  const verdict = await runImageGate({
    directory: folder,
    size,
    scratch,
    withRoot: true,
    // As in a publish: what was unpacked with subordinate ids could not be removed after a kill.
    unpack: false,
    host: await readHostTraces(),
    waivers,
    boot: 'never',
    native: false,
    env: {},
    signal,
  });
  refuseFindings(verdict.rules);
  for (const { code, waived } of verdict.rules) {
    if (waived.length > 0) wrapping.onNotice(`${build.folder}: ${code} is waived: ${waived[0]?.reason}`);
  }
  writeGateReport(folder, {
    rootfs: sha256,
    rules: verdict.rules,
    privileged: verdict.privileged,
    waivers,
    boots: verdict.boots,
  });
}

async function describe(
  { folder, build, files, upstream, signer, version }: Wrapping,
  { size, sha256, entries }: ReadArchive,
  { created, fingerprint }: { readonly created: Date; readonly fingerprint: Sha256 | undefined },
): Promise<Manifest> {
  const { distribution, release, architecture, variant } = build;
  const digests: Record<string, FileDigest> = {};
  for (const name of (await readdir(folder)).sort()) digests[name] = await digestFile(join(folder, name));
  const archives = ['rootfs.tar.xz', 'meta.tar.xz', 'lxd.tar.xz'].map((name) => digests[name]?.sha256 ?? null);
  const manifest = {
    schemaVersion: 1 as const,
    kind: 'cooper.image' as const,
    distribution,
    release,
    architecture,
    variant,
    title: titleOf(build),
    build: build.build,
    created: created.toISOString(),
    epoch: created.getTime() / 1000,
    inputs: sha256Of(JSON.stringify(archives)),
    rootfs: { size, sha256, entries },
    files: digests,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    upstream: {
      server: upstream.server.href,
      protocol: upstream.protocol,
      path: build.folder,
      verified: leastOf(files.map(({ verified }) => verified)),
      ...(signer === undefined ? {} : { signer }),
    },
    builder: { name: 'cooper' as const, version },
  };
  writeDocument(join(folder, 'image.json'), manifestSchema, manifest);
  return manifestSchema.parse(manifest);
}
