// An image in files on this machine, once somebody vouches for them. Of a build it is image.json that was vouched for, and every other
// file by the digest that stands there; of a pair it is both files.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type Manifest, manifestSchema } from '../../image/index.ts';
import { type FileDigest, verifyDigest } from '../../keys/index.ts';
import type { Threshold } from '../verify/attestations.ts';
import { readSignedDocument } from '../verify/signed-document.ts';
import { byCatalog, byLocalFiles, type Vouching } from '../verify/vouching.ts';
import { requireLocalAttestations } from './attestations.ts';
import { findLocalFiles, type LocalFiles } from './find-files.ts';
import { type LocalTrust, type VouchedFiles, vouchFor } from './vouch.ts';

/** What was named on the command line. Absolute paths. */
export interface LocalSource {
  readonly kind: 'files';
  /** Folder of a build, folder with the two files, or a rootfs.tar.xz. */
  readonly path: string;
  /** --metadata, where it does not lie beside the root. */
  readonly metadata?: string | undefined;
  readonly trust: LocalTrust;
}

/** A file, and what it has to be. */
export interface VouchedFile {
  readonly path: string;
  readonly digest: FileDigest;
}

/** An image whose files somebody vouches for. */
export interface LocalImage {
  readonly kind: 'local';
  /** For people: where it is. */
  readonly path: string;
  readonly metadata: VouchedFile;
  readonly vouching: Vouching;
  readonly contents:
    | { readonly kind: 'build'; readonly folder: string; readonly manifest: Manifest }
    | { readonly kind: 'pair'; readonly rootfs: VouchedFile };
  readonly notices: readonly string[];
}

/** What else is to be judged by. */
export interface LocalJudging {
  readonly threshold?: Threshold | undefined;
  readonly now: Date;
}

/**
 * Looks what is there, has it vouched for and reads image.json.
 * @throws CooperError as findLocalFiles and vouchFor do, `signed-document-invalid`, `attestations-missing`
 */
export async function openLocalImage(source: LocalSource, judging: LocalJudging): Promise<LocalImage> {
  const found = await findLocalFiles(source.path, source.metadata);
  return found.kind === 'build' ? openBuild(found, source, judging) : openPair(found, source, judging);
}

type Kind<K extends LocalFiles['kind']> = Extract<LocalFiles, { readonly kind: K }>;

async function openBuild(
  { folder }: Kind<'build'>,
  { trust }: LocalSource,
  judging: LocalJudging,
): Promise<LocalImage> {
  const file = path.join(folder, 'image.json');
  const vouched = await vouchFor([file], trust, judging.now);
  const [digest] = vouched.digests;
  if (digest === undefined) throw new TypeError('one file has one digest');
  const bytes = verifyDigest(await readFile(file), digest, file);
  const manifest = readSignedDocument(manifestSchema, bytes, file);
  await requireLocalAttestations(folder, bytes, { trust, vouched, threshold: judging.threshold });
  const metadata = manifest.files['meta.tar.xz'];
  if (metadata === undefined)
    throw new CooperError('signed-document-invalid', { what: `${file} names no meta.tar.xz` });
  return {
    kind: 'local',
    path: folder,
    metadata: { path: path.join(folder, 'meta.tar.xz'), digest: metadata },
    vouching: vouchingOf(trust, vouched, true),
    contents: { kind: 'build', folder, manifest },
    notices: vouched.notices,
  };
}

async function openPair(
  pair: Kind<'pair'>,
  { path: given, trust }: LocalSource,
  judging: LocalJudging,
): Promise<LocalImage> {
  const vouched = await vouchFor([pair.metadata, pair.rootfs], trust, judging.now);
  const [metadata, rootfs] = vouched.digests;
  if (metadata === undefined || rootfs === undefined) throw new TypeError('two files have two digests');
  if (judging.threshold !== undefined && trust.kind === 'signature') {
    throw new CooperError('attestations-missing', {
      what: `${given} has no image.json that several publishers could have signed, as trust.threshold asks for`,
    });
  }
  return {
    kind: 'local',
    path: given,
    metadata: { path: pair.metadata, digest: metadata },
    vouching: vouchingOf(trust, vouched, false),
    contents: { kind: 'pair', rootfs: { path: pair.rootfs, digest: rootfs } },
    notices: vouched.notices,
  };
}

function vouchingOf(trust: LocalTrust, { signer }: VouchedFiles, build: boolean): Vouching {
  if (trust.kind === 'catalog') return byCatalog(trust.publisher);
  return byLocalFiles(vouchers[trust.kind], signer?.fingerprint, build);
}

const vouchers = { signature: 'signature', digests: 'checksum', user: 'nothing' } as const;
