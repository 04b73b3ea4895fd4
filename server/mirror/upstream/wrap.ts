// Makes a build of ours of the files of somebody else: what stock clients need and the server did not have, the report of the gate,
// image.json. Nothing is signed here, and nothing is changed in the archives.

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Upstream, UpstreamBuild } from '../../../client/index.ts';
import { CooperError } from '../../../errors/index.ts';
import { readHostTraces, refuseFindings, runImageGate, writeGateReport } from '../../../gate/index.ts';
import {
  digestFile,
  type LxcTexts,
  lxcMembers,
  lxdName,
  type Manifest,
  manifestSchema,
  writeDocument,
  writeMetadata,
} from '../../../image/index.ts';
import { type FileDigest, type Fingerprint, type Sha256, sha256Of } from '../../../keys/index.ts';
import { timeOfBuild } from '../../publish/build-time.ts';
import { type FetchedFile, leastOf } from './fetch-files.ts';
import { type ReadArchive, readArchive } from './read-archive.ts';
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

/** Files in which distributions' own images have the name of the container as a placeholder. */
const templates = ['etc/hostname', 'etc/hosts'];

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
  const archive = await readArchive(join(folder, 'rootfs.tar.xz'), templates, signal);
  const epoch = created.getTime() / 1000;
  if (!files.some(({ name }) => name === 'meta.tar.xz')) await makeMetadata(wrapping, archive, epoch);
  const fingerprint = await fingerprintOf(wrapping);
  await judge(wrapping, archive);
  return describe(wrapping, archive, { created, fingerprint });
}

/** As our own images have it, from what can be known of any image. */
async function makeMetadata(
  { folder, build }: Wrapping,
  { devices, files }: ReadArchive,
  epoch: number,
): Promise<void> {
  const common = 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n';
  const arch = `lxc.arch = ${build.architecture}\n`;
  const lxc: LxcTexts = {
    config: common + arch,
    configUser: `${common}lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n${arch}`,
    createMessage: `You just created a container of ${titleOf(build)}.\n`,
    templates: templates.filter((path) => files.has(path)).map((path) => `/${path}`),
    expiryDays: 30,
  };
  await writeMetadata({ directory: folder, epoch, lxc: lxcMembers(lxc, epoch), devices: [], recorded: devices });
}

/** By what LXD and Incus know the image: of these very files, and the one that the server names; undefined without their metadata. */
async function fingerprintOf({ folder, build, files }: Wrapping): Promise<Sha256 | undefined> {
  if (!files.some(({ name }) => name === lxdName)) return undefined;
  const hash = createHash('sha256');
  for (const name of [lxdName, 'rootfs.tar.xz']) await digestFile(join(folder, name), hash);
  const fingerprint = hash.digest('hex') as Sha256;
  if (build.combined === undefined || build.combined === fingerprint) return fingerprint;
  throw new CooperError('download-mismatch', {
    what: `the metadata and the root of ${build.folder} do not belong together`,
    lines: [`expected combined sha256 ${build.combined}`, `received combined sha256 ${fingerprint}`],
  });
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

function titleOf({ title, distribution, release, variant }: UpstreamBuild): string {
  const name = title ?? `${distribution} ${release}`;
  return variant === 'default' ? name : `${name} (${variant})`;
}
