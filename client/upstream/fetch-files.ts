// Fetches the files of a build of a server without a catalog, each judged by the best that there is: the signature of the named key,
// digests that the server names, the size it tells. A large file goes on where an earlier run was cut off, where something judges
// the whole.

import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { download, fetchBytes, forgetDownload, resumeDownload, together } from '../../fetch/index.ts';
import { digestFile, type Manifest, signatureLimit } from '../../image/index.ts';
import { type Certificate, type FileDigest, type Sha256, verifyDetachedFile } from '../../keys/index.ts';
import type { Traffic } from '../fetch/blocks.ts';
import { addressBelow } from '../verify/server-address.ts';
import type { UpstreamFetching } from './read-upstream.ts';
import type { UpstreamBuild, UpstreamFile } from './upstream-build.ts';

/** What vouches for a file, the best first. */
export type VerifiedBy = NonNullable<Manifest['upstream']>['verified'];

const order: readonly VerifiedBy[] = ['signature', 'checksum', 'transport', 'nothing'];

/** The least of several. Pure. */
export function leastOf(all: readonly VerifiedBy[]): VerifiedBy {
  return order[Math.max(...all.map((each) => order.indexOf(each)))] ?? 'nothing';
}

/** A file that is here. */
export interface FetchedFile {
  readonly name: string;
  readonly verified: VerifiedBy;
  readonly digest: FileDigest;
  /** As the server has it; only where signatures are looked at. */
  readonly signature: string | undefined;
  readonly bytes: Traffic;
}

/** Names of the files of a build in its folder here. */
export type FileName = 'rootfs.tar.xz' | 'meta.tar.xz' | 'lxd.tar.xz';

/** Bytes that they may have at most, whatever the server says. */
const mostBytes: Readonly<Record<FileName, number>> = {
  'rootfs.tar.xz': 64 * 1024 ** 3,
  'meta.tar.xz': 64 * 1024 ** 2,
  'lxd.tar.xz': 64 * 1024 ** 2,
};

const sumsLimit = 1 << 20;

/** A file that is wanted, with its size where anybody tells it (sized-files.ts). An optional one may be missing. */
export interface WantedFile extends UpstreamFile {
  readonly name: FileName;
  readonly isOptional: boolean;
}

/** The files of a build, by their names here. Pure. `metadata`: whether those of LXD are wanted. */
export function filesOf(build: UpstreamBuild, metadata: boolean): WantedFile[] {
  const meta = { name: 'meta.tar.xz', path: `${build.folder}meta.tar.xz`, isOptional: !build.inIndex } as const;
  const lxd =
    build.lxd === undefined || !metadata ? [] : [{ ...build.lxd, name: 'lxd.tar.xz', isOptional: false } as const];
  return [{ ...build.rootfs, name: 'rootfs.tar.xz', isOptional: false }, meta, ...lxd];
}

/** How to fetch, and whose signatures every file has to have. */
export interface FileFetching extends UpstreamFetching {
  readonly now: Date;
  readonly signer: Certificate | undefined;
  /** Bytes of a file that are here so far, of so many; 0 where nobody tells. */
  readonly onProgress?: (name: FileName, done: number, total: number) => void;
}

/**
 * Fetches the files into `folder`, which is made, and holds nothing else afterwards.
 * @throws CooperError 'upstream-unsigned', 'signature-*', 'download-mismatch', 'download-too-large', 'origin-incomplete'; what
 *   download throws
 */
export async function fetchFiles(
  folder: string,
  wanted: readonly WantedFile[],
  fetching: FileFetching,
): Promise<readonly FetchedFile[]> {
  await mkdir(folder, { recursive: true });
  await removeOthers(folder, wanted);
  const sums = fetching.signer === undefined ? await fetchSums(wanted[0]?.path ?? '', fetching) : new Map();
  const works = wanted.map((file) => (signal: AbortSignal) => {
    const named = sums.get(file.path.replace(/^.*\//, ''));
    return fetchFile(folder, { ...file, sums: named }, { ...fetching, signal });
  });
  return (await together(fetching.signal, works)).flatMap((file) => file ?? []);
}

type ListedFile = WantedFile & { readonly sums: Sha256 | undefined };

/** Undefined when it may be missing, and is. */
async function fetchFile(folder: string, file: ListedFile, fetching: FileFetching): Promise<FetchedFile | undefined> {
  const to = join(folder, file.name);
  const address = addressBelow(fetching.server, file.path).href;
  try {
    const begun = await transfer(address, to, file, fetching);
    try {
      return { ...(await judge(to, file, address, fetching)), bytes: begun.bytes };
    } catch (error) {
      if (!(error instanceof CooperError)) throw error;
      await forgetDownload(to);
      // What an earlier run or answer brought may have been of another file.
      if (!begun.joined) throw error;
      const { bytes } = await transfer(address, to, file, fetching);
      return { ...(await judge(to, file, address, fetching)), bytes };
    }
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'not-found-on-server')) throw error;
    if (file.isOptional) return undefined;
    throw new CooperError('origin-incomplete', {
      what: `${address} is not there, although it is listed`,
      cause: error,
    });
  }
}

/** Throws 'download-too-large' for a file that nobody needs. */
export function requireBearable(name: FileName, size: number | undefined, address: string): void {
  if (size === undefined || size <= mostBytes[name]) return;
  throw new CooperError('download-too-large', { what: `${address} has ${size} bytes, more than ${mostBytes[name]}` });
}

async function transfer(
  address: string,
  to: string,
  file: ListedFile,
  { transport, signal, signer, onProgress }: FileFetching,
): Promise<{ readonly bytes: Traffic; readonly joined: boolean }> {
  const { name, size } = file;
  const tell = (done: number) => onProgress?.(name, done, size ?? 0);
  const there = await bytesOf(to);
  if (there !== undefined && there === size) return { bytes: { fetched: 0, reused: there }, joined: true };
  const isJudged = signer !== undefined || file.sha256 !== undefined || file.sums !== undefined;
  if (size !== undefined && size > 0 && isJudged) {
    const rest = { transport, to, size, signal, onProgress: tell };
    const { resumed, fetched, joined } = await resumeDownload(address, rest);
    return { bytes: { fetched, reused: resumed }, joined };
  }
  const limit = size ?? mostBytes[name];
  const { size: fetched } = await download(address, { transport, to, limit, signal, onProgress: tell });
  return { bytes: { fetched, reused: 0 }, joined: false };
}

async function judge(
  to: string,
  { name, sha256: listed, sums, size }: ListedFile,
  address: string,
  fetching: FileFetching,
): Promise<Omit<FetchedFile, 'bytes'>> {
  const digest = await digestFile(to);
  const { sha256 } = digest;
  const other = [listed, sums].find((named) => named !== undefined && named !== sha256);
  if (other !== undefined || (size !== undefined && size !== digest.size)) {
    const lines = [
      `expected sha256 ${other ?? listed ?? 'of any file'}, ${size ?? 'any number of'} bytes`,
      `received sha256 ${sha256}, ${digest.size} bytes`,
    ];
    throw new CooperError('download-mismatch', { what: `${address} is not the file that the server lists`, lines });
  }
  const signature = await verify(to, address, fetching);
  const isSecret = fetching.server.protocol === 'https:';
  const named = (listed ?? sums) !== undefined ? 'checksum' : 'transport';
  const verified = signature !== undefined ? 'signature' : isSecret ? named : 'nothing';
  return { name, verified, digest, signature };
}

async function verify(to: string, address: string, fetching: FileFetching): Promise<string | undefined> {
  const { signer, now } = fetching;
  if (signer === undefined) return undefined;
  const signature = await fetchSignature(address, fetching);
  await verifyDetachedFile(to, signature, [signer], now, address);
  return signature;
}

/** The signature beside a file of the server. Throws 'upstream-unsigned', what fetchBytes throws. */
export async function fetchSignature(
  address: string,
  { transport, signal }: Pick<FileFetching, 'transport' | 'signal'>,
): Promise<string> {
  try {
    return (await fetchBytes(`${address}.asc`, { transport, limit: signatureLimit, signal })).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof CooperError && cause.code === 'not-found-on-server')) throw cause;
    throw new CooperError('upstream-unsigned', { what: `${address} has no signature`, cause });
  }
}

/** SHA256SUMS beside the file, where there is one, by name of the file. A faulty line names nothing. */
async function fetchSums(path: string, { server, transport, signal }: FileFetching): Promise<Map<string, Sha256>> {
  const address = addressBelow(server, path.replace(/[^/]*$/, 'SHA256SUMS')).href;
  try {
    const text = (await fetchBytes(address, { transport, limit: sumsLimit, signal })).toString('utf8');
    const lines = text.split('\n').flatMap((line) => {
      const [, sha256, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
      return sha256 === undefined || name === undefined ? [] : [[name, sha256 as Sha256] as const];
    });
    return new Map(lines);
  } catch (error) {
    if (error instanceof CooperError && error.code === 'not-found-on-server') return new Map();
    throw error;
  }
}

async function removeOthers(folder: string, wanted: readonly WantedFile[]): Promise<void> {
  const kept = new Set(wanted.flatMap(({ name }) => [name as string, `.${name}.part`]));
  for (const name of await readdir(folder)) {
    if (!kept.has(name)) await rm(join(folder, name), { recursive: true });
  }
}

async function bytesOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
