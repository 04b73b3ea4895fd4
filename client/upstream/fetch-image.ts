// Gets the files of a build of a server without a catalog, each judged by the best that there is, and hands them out like those of a
// publisher. The root is whole before anything of it is unpacked: until then nobody knows whether it is right.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { digestFile, lxdName, timeOfBuild } from '../../image/index.ts';
import { type FileDigest, verifyFile } from '../../keys/index.ts';
import type { Traffic } from '../fetch/blocks.ts';
import type { FetchImageOptions } from '../fetch/image-files.ts';
import { byUpstream, type Vouching } from '../verify/vouching.ts';
import type { UpstreamImage } from './choose-build.ts';
import { type FetchedFile, fetchFiles, leastOf } from './fetch-files.ts';
import { combinedFingerprint, makeMetadata, usualTemplates } from './lxc-metadata.ts';
import { readArchive } from './read-archive.ts';
import { sizedFiles } from './sized-files.ts';
import { inWorkFolder } from './work-folder.ts';

const [rootfs, metadata] = ['rootfs.tar.xz', 'meta.tar.xz'] as const;

/**
 * Fetches and judges; what is in the cache is judged again, and not fetched.
 * @throws CooperError as fetchFiles and sizedFiles do; 'archive-*' for a root that nobody can read; 'no-space'
 */
export async function fetchUpstreamImage(
  { upstream, build, byFingerprint }: UpstreamImage,
  options: FetchImageOptions,
): Promise<{ readonly traffic: Traffic; readonly vouching: Vouching }> {
  const { cacheDir, now, onNotice } = options;
  const signal = options.signal ?? upstream.signal;
  await mkdir(cacheDir, { recursive: true });
  const place = { cacheDir, server: upstream.server, build, fresh: options.flushCache === true, now, signal };
  return inWorkFolder(place, async ({ folder, place: placeFiles }) => {
    const fetching = { ...upstream, signal };
    const wanted = await sizedFiles(build, byFingerprint, fetching);
    const fetched = await fetchFiles(folder, wanted, { ...fetching, onProgress: sumOf(wanted, options.onProgress) });
    if (byFingerprint) await combinedFingerprint(folder, build);
    const digests = new Map(fetched.map(({ name, digest }) => [name as string, digest]));
    digests.delete(lxdName);
    if (!digests.has(metadata)) {
      onNotice?.('the server has no metadata for LXC: the container gets the usual configuration');
      digests.set(metadata, await madeMetadata(folder, build, signal));
    }
    await handOut(await placeFiles(digests), digests, options);
    const by = leastOf(fetched.map(({ verified }) => verified));
    return {
      traffic: trafficOf(fetched),
      vouching: byUpstream(by, upstream.signer?.fingerprint, upstream.lacking),
    };
  });
}

async function madeMetadata(folder: string, build: UpstreamImage['build'], signal: AbortSignal): Promise<FileDigest> {
  const archive = await readArchive(path.join(folder, rootfs), usualTemplates, signal);
  await makeMetadata(folder, build, archive, (timeOfBuild(build.build)?.getTime() ?? 0) / 1000);
  return digestFile(path.join(folder, metadata));
}

async function handOut(
  placed: ReadonlyMap<string, string>,
  digests: ReadonlyMap<string, FileDigest>,
  { signal, onMeta, onRootfs }: FetchImageOptions,
): Promise<void> {
  const verified = async (name: string) => {
    const [file, digest] = [placed.get(name), digests.get(name)];
    if (file === undefined || digest === undefined) throw new TypeError(`${name} was not fetched`);
    return { file: await verifyFile(file, digest, signal), digest };
  };
  onMeta?.((await verified(metadata)).file);
  const { file, digest } = await verified(rootfs);
  onRootfs?.({ kind: 'whole', file, expected: { of: 'archive', ...digest } });
}

function trafficOf(files: readonly FetchedFile[]): Traffic {
  return {
    fetched: files.reduce((sum, { bytes }) => sum + bytes.fetched, 0),
    reused: files.reduce((sum, { bytes }) => sum + bytes.reused, 0),
  };
}

/** Progress of one file as progress of all of them. */
function sumOf(
  wanted: readonly { readonly name: string; readonly size?: number | undefined }[],
  tell: FetchImageOptions['onProgress'],
): (name: string, done: number) => void {
  const total = wanted.every(({ size }) => size !== undefined)
    ? wanted.reduce((sum, { size = 0 }) => sum + size, 0)
    : 0;
  const parts = new Map<string, number>();
  return (name, done) => {
    parts.set(name, done);
    tell?.(
      [...parts.values()].reduce((sum, part) => sum + part, 0),
      total,
    );
  };
}
