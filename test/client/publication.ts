// A small real image, packed, signed, published and served on loopback for the client's tests.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLxdMetadata } from '../../image/lxd-metadata.ts';
import { type Manifest, manifestSchema } from '../../image/manifest.ts';
import { type LxcMembers, writeMetadata } from '../../image/metadata.ts';
import { packRoot } from '../../image/pack.ts';
import type { Segment } from '../../image/segment/segment.ts';
import { digestOf } from '../../keys/digest.ts';
import { generatePublisherKey, openSigner, signBuild } from '../../keys/sign.ts';
import { buildIdMap } from '../../native/idmap.ts';
import { publish, type RunningServer, type SignedBuild, serve } from '../../server/index.ts';
import { hostArchitecture, type ImageId, standardDevices } from '../../variants/index.ts';
import { fingerprintOf, writeClearReport } from '../server/made-build.ts';
import { epoch, makeTree } from './tree.ts';

/** Name of the image in every publication. */
export const smallImage: ImageId = {
  distribution: 'small',
  release: 'one',
  architecture: hostArchitecture(),
  variant: 'default',
};

const lxc = {
  config: 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = linux64\n',
  'config-user':
    'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.include = LXC_TEMPLATE_CONFIG/userns.conf\nlxc.arch = linux64\n',
  templates: '/etc/hostname\n/etc/origin\n/etc/gone\n',
  'create-message': 'You made a container.\n',
};

/** A temporary folder with a publisher's key. */
export interface Publisher {
  readonly folder: string;
  readonly keys: string;
  readonly fingerprint: string;
  remove(): void;
}

/** Makes a publisher whose key is valid from `since` on. The folder can be entered by every user. */
export async function makePublisher(since: Date): Promise<Publisher> {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-client-'));
  chmodSync(folder, 0o755);
  const keys = join(folder, 'keys');
  const { fingerprint } = await generatePublisherKey(keys, { now: since });
  return { folder, keys, fingerprint, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Contents of a build that differ from the small image. */
export interface BuildChange {
  /** Members of meta.tar.xz. */
  readonly lxc?: Partial<Record<string, string>>;
  /** Instead of the variant of the small image. */
  readonly variant?: string;
  /** Made with another tool: replaces the packed tree. `sha256` and `size` are those of the tar inside. */
  readonly rootfs?: ForeignRootfs;
}

/** A rootfs.tar.xz of another tool, and what the manifest says of the tar inside. */
export interface ForeignRootfs {
  readonly file: Buffer;
  /** rootfs.tar.zst, where there is one. */
  readonly zst?: Buffer;
  readonly size: number;
  readonly sha256: string;
  /** Of an archive of our own packer. */
  readonly segments?: readonly Segment[];
}

/** Packs the small image with our own packer and signs it. */
export async function makeBuild(publisher: Publisher, now: Date, change: BuildChange = {}): Promise<SignedBuild> {
  const parent = mkdtempSync(join(publisher.folder, 'build-'));
  const directory = join(parent, 'out');
  mkdirSync(directory);
  packed ??= packTree(parent);
  const rootfs = change.rootfs ?? (await packed);
  writeFileSync(join(directory, 'rootfs.tar.xz'), rootfs.file);
  if (rootfs.zst !== undefined) writeFileSync(join(directory, 'rootfs.tar.zst'), rootfs.zst);
  const members = { ...lxc, ...change.lxc } as LxcMembers;
  await writeMetadata({ directory, epoch, lxc: members, devices: standardDevices });
  const properties = { os: smallImage.distribution, release: smallImage.release };
  const texts = { architecture: 'x86_64', properties, templates: [] };
  await writeLxdMetadata(directory, { ...texts, created: epoch, expires: epoch });
  // What a client does with an image that a publisher should have refused is the client's test.
  writeClearReport(directory, rootfs.sha256);
  const manifest = manifestOf(directory, now, rootfs, change.variant ?? smallImage.variant);
  writeFileSync(join(directory, 'image.json'), JSON.stringify(manifest));
  await signBuild(directory, await openSigner(publisher.keys, now));
  return { directory, manifest };
}

let packed: Promise<ForeignRootfs> | undefined;

/** Packs the tree with our own packer, once in a process: compressing it costs seconds. */
async function packTree(folder: string): Promise<ForeignRootfs> {
  const root = join(folder, 'root');
  mkdirSync(root, { mode: 0o755 });
  const idMap = await buildIdMap();
  makeTree(root, idMap.uid[0]?.outside ?? 0);
  const { rootfs } = await packRoot({
    root: { path: root },
    idMap,
    epoch,
    devices: standardDevices,
    directory: folder,
  });
  return { ...rootfs, file: readFileSync(join(folder, 'rootfs.tar.xz')) };
}

function manifestOf(directory: string, now: Date, rootfs: ForeignRootfs, variant: string): Manifest {
  const files = readdirSync(directory).map((name) => [name, digestOf(readFileSync(join(directory, name)))] as const);
  const stamp = now.toISOString();
  return manifestSchema.parse({
    schemaVersion: 1,
    kind: 'cooper.image',
    ...smallImage,
    variant,
    title: 'Small One',
    releaseVersion: '1.0',
    build: `${stamp.slice(0, 10).replaceAll('-', '')}_${stamp.slice(11, 16)}`,
    created: stamp,
    inputs: '0'.repeat(64),
    epoch,
    rootfs: { size: rootfs.size, sha256: rootfs.sha256, entries: 0, segments: rootfs.segments },
    files: Object.fromEntries(files),
    ...fingerprintOf(directory, readdirSync(directory)),
    builder: { name: 'cooper', version: '0.1.0' },
  });
}

/** Publishes builds into a new tree, as of `now`. */
export async function publishBuilds(publisher: Publisher, builds: readonly SignedBuild[], now: Date): Promise<string> {
  const tree = mkdtempSync(join(publisher.folder, 'tree-'));
  chmodSync(tree, 0o755);
  await publish(tree, builds, await openSigner(publisher.keys, now), now);
  return tree;
}

/** Serves a tree on a port of loopback: a free one unless it is given. */
export async function serveTree(tree: string, port = 0): Promise<RunningServer> {
  return serve({ tree, host: '127.0.0.1', port });
}
