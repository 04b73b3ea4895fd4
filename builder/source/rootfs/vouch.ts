// A published archive, believed only when what the definition names vouches for it. What was fetched before is used again as long
// as that still holds of it; else the archive is fetched anew, once.

import { posix } from 'node:path';
import { CooperError } from '../../../errors/index.ts';
import { download, fetchBytes } from '../../../fetch/index.ts';
import {
  type FileDigest,
  hashFile,
  hashKey,
  verifyClearSigned,
  verifyDetached,
  verifyDetachedFile,
} from '../../../keys/index.ts';
import type { RootfsVouching } from '../../../variants/resolved.ts';
import { type CachedFile, openContentCache } from '../cache.ts';
import { packageCacheOf } from '../fetched.ts';
import { certificatesOf } from '../keyring.ts';
import type { SourceContext } from '../kind.ts';
import { lastFetched, noteFetched } from '../seed/last-fetched.ts';
import { sumOf } from './sums.ts';

/** Bytes of an archive: four times those of the largest desktop images that are published. */
const archiveLimit = 16 * 1024 ** 3;
/** Bytes of a signature or of a list of checksums. */
const documentLimit = 4 * 1024 ** 2;

/** Throws unless the file is the one that was meant. */
type Judge = (file: CachedFile) => Promise<void>;

/**
 * The archive in the cache.
 * @throws CooperError of fetch/ and keys/, `digest-mismatch`, `checksum-missing`
 */
export async function vouchedArchive(
  { url, verify }: { readonly url: string; readonly verify: RootfsVouching },
  context: SourceContext,
  onProgress: (bytes: number) => void,
): Promise<FileDigest> {
  const judge = await judgeOf(url, verify, context);
  const cache = await openContentCache(packageCacheOf(context.cacheDir));
  const before = await lastFetched(context.cacheDir, url, cache);
  if (before !== undefined && (await holds(judge, before))) return before.digest;
  const { transport, signal } = context;
  const added = await cache.add(async (to) => {
    const digest = await download(url, { transport, signal, to, limit: archiveLimit, onProgress });
    await judge({ path: to, digest });
    return digest;
  });
  await noteFetched(context.cacheDir, url, added.digest);
  return added.digest;
}

async function holds(judge: Judge, file: CachedFile): Promise<boolean> {
  try {
    await judge(file);
    return true;
  } catch (error) {
    if (error instanceof CooperError) return false;
    throw error;
  }
}

async function judgeOf(url: string, vouching: RootfsVouching, context: SourceContext): Promise<Judge> {
  switch (vouching.by) {
    case 'digest':
      return async ({ digest }) => requireSame(url, 'the definition', vouching.sha256, digest.sha256);
    case 'signature': {
      const keys = await certificatesOf(vouching.keyring);
      const signature = packetsOf(await fetchDocument(vouching.signature, context));
      return async ({ path }) => {
        await verifyDetachedFile(path, signature, keys, context.now, url);
      };
    }
    case 'checksums':
      return judgeBySums(url, vouching, context);
  }
}

async function judgeBySums(
  url: string,
  { checksums, signature, keyring }: Extract<RootfsVouching, { by: 'checksums' }>,
  context: SourceContext,
): Promise<Judge> {
  const keys = await certificatesOf(keyring);
  const list = await fetchDocument(checksums, context);
  const text =
    signature === undefined
      ? (await verifyClearSigned(list.toString('utf8'), keys, context.now, checksums)).text
      : await detached(list, await fetchDocument(signature, context));
  const sum = sumOf(text, nameIn(checksums, url));
  if (sum === undefined) {
    throw new CooperError('checksum-missing', { what: `${checksums} does not name ${nameIn(checksums, url)}` });
  }
  return async ({ path, digest }) => {
    const algorithm = sum.length === 128 ? 'sha512' : 'sha256';
    const wanted = { algorithm, suffix: new Uint8Array() };
    const found =
      algorithm === 'sha256' ? digest.sha256 : hexOf((await hashFile(path, [wanted])).hashes.get(hashKey(wanted)));
    requireSame(url, checksums, sum, found);
  };

  async function detached(bytes: Buffer, by: Buffer): Promise<string> {
    await verifyDetached(bytes, packetsOf(by), keys, context.now, checksums);
    return bytes.toString('utf8');
  }
}

const hexOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

/** Every packet of OpenPGP begins with the highest bit (RFC 4880, section 4.2); armor is text. */
function packetsOf(signature: Buffer): Buffer | string {
  return ((signature[0] ?? 0) & 0x80) === 0 ? signature.toString('latin1') : signature;
}

/** Relative to the folder of the list, or its last part where it lies elsewhere. */
function nameIn(checksums: string, url: string): string {
  const folder = checksums.slice(0, checksums.lastIndexOf('/') + 1);
  return url.startsWith(folder) ? url.slice(folder.length) : posix.basename(new URL(url).pathname);
}

function fetchDocument(url: string, { transport, signal }: SourceContext): Promise<Buffer> {
  return fetchBytes(url, { transport, signal, limit: documentLimit });
}

function requireSame(url: string, who: string, wanted: string, found: string): void {
  if (wanted === found) return;
  throw new CooperError('digest-mismatch', {
    what: `${url} is not the archive that ${who} names`,
    lines: [`named: ${wanted}`, `found: ${found}`],
  });
}
