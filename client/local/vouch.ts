// Who vouches for files on this machine: the digests that the user names, signatures beside the files, or the user. Each file is read
// once, for its digest and its signatures; what was read counts, and what is read later is compared with that digest.

import { type FileHandle, open } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { signatureLimit } from '../../image/index.ts';
import {
  type Certificate,
  type FileDigest,
  type Fingerprint,
  type HashedBytes,
  hashFile,
  openDetached,
  type Sha256,
  spokenFingerprint,
} from '../../keys/index.ts';
import { chooseSigners, type KnownSigner, type SignerChoice } from './signers.ts';

/** How files are to be vouched for. */
export type LocalTrust =
  | ({ readonly kind: 'signature' } & SignerChoice)
  /** --sha256: each file has one of them, and each of them is of a file. */
  | { readonly kind: 'digests'; readonly digests: readonly Sha256[] }
  /** A catalog that was verified names the one file. */
  | ({ readonly kind: 'catalog'; readonly digest: FileDigest; readonly publisher: Fingerprint } & Pick<
      SignerChoice,
      'known'
    >)
  /** --unverified. */
  | { readonly kind: 'user' };

/** Files that somebody vouches for. */
export interface VouchedFiles {
  /** In the order of the files. */
  readonly digests: readonly FileDigest[];
  /** Undefined where no signature was looked at. */
  readonly signer: Certificate | undefined;
  readonly notices: readonly string[];
}

/**
 * Reads and judges the files, absolute paths.
 * @throws CooperError `image-unvouched` for files without signatures, `digest-mismatch`, `signature-*`, `key-missing`, `key-mismatch`,
 *   `key-not-accepted`; system errors of reading
 */
export async function vouchFor(files: readonly string[], trust: LocalTrust, now: Date): Promise<VouchedFiles> {
  if (trust.kind === 'signature') return bySignatures(files, trust, now);
  const digests = await Promise.all(files.map(async (file) => (await hashFile(file, [])).digest));
  if (trust.kind === 'digests') requireNamed(files, digests, trust.digests);
  if (trust.kind === 'catalog') requireNamed(files, digests, [trust.digest.sha256]);
  return { digests, signer: undefined, notices: [] };
}

function requireNamed(files: readonly string[], found: readonly FileDigest[], named: readonly Sha256[]): void {
  const others = found.flatMap(({ sha256 }, at) => (named.includes(sha256) ? [] : [`${files[at]} has ${sha256}`]));
  const unmet = named.filter((digest) => !found.some(({ sha256 }) => sha256 === digest));
  if (others.length === 0 && unmet.length === 0) return;
  throw new CooperError('digest-mismatch', {
    what: 'the files are not those whose digests were named',
    lines: [...others, ...unmet.map((digest) => `no file has ${digest}`)],
    next: 'Name the SHA-256 of each file, as whoever made them tells it; for the folder of a build that of image.json.',
  });
}

interface SignedLocally {
  readonly file: string;
  readonly hashed: HashedBytes;
  readonly signature: Awaited<ReturnType<typeof openDetached>>;
}

async function bySignatures(
  files: readonly string[],
  { keyid, known, ask }: SignerChoice,
  now: Date,
): Promise<VouchedFiles> {
  const armor = await readSignatures(files);
  const { trusted, asked, notices } = await chooseSigners({ keyid, known }, now);
  const signed: SignedLocally[] = [];
  for (const [file, text] of armor) {
    const signature = await openDetached(text, file);
    signed.push({ file, signature, hashed: await hashFile(file, signature.wanted) });
  }
  const signer = await signerOf(signed, trusted, asked, now);
  if (signer.why === undefined) await requireAccepted(signer, ask);
  const { certificate, why } = signer;
  const said = keyid === undefined && why !== undefined ? [`signed by ${certificate.fingerprint}, which ${why}`] : [];
  return { digests: signed.map(({ hashed }) => hashed.digest), signer: certificate, notices: [...notices, ...said] };
}

/** Who has signed all of the files. Throws what verifying them with all of these certificates throws. */
async function signerOf(
  signed: readonly SignedLocally[],
  trusted: readonly KnownSigner[],
  asked: readonly KnownSigner[],
  now: Date,
): Promise<KnownSigner> {
  let candidates: readonly KnownSigner[] = [...trusted, ...asked];
  for (const { file, signature, hashed } of signed) {
    const by = await orAdvice(
      signature.verify(
        hashed,
        candidates.map(({ certificate }) => certificate),
        now,
      ),
      file,
    );
    // The first file decides: two of one image by two signers are no image.
    candidates = candidates.filter(({ certificate }) => certificate.fingerprint === by.signedBy);
  }
  const [signer] = candidates;
  if (signer === undefined) throw new TypeError('verified by a certificate that was not given');
  return signer;
}

async function orAdvice<T>(verifying: Promise<T>, file: string): Promise<T> {
  try {
    return await verifying;
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'signature-unknown-key')) throw error;
    throw new CooperError(error.code, {
      what: error.message,
      lines: error.lines,
      next: `When you know who has signed ${file}, name the key with --keyid FPR and its certificate with --certificate FILE, or list it for good with \`cooper keys trust FILE\`.`,
      cause: error,
    });
  }
}

async function requireAccepted({ certificate }: KnownSigner, ask: SignerChoice['ask']): Promise<void> {
  const { fingerprint, userIds } = certificate;
  if (ask === undefined) {
    throw new CooperError('key-missing', {
      what: 'nothing says whether to trust the key of the certificate that was given',
      lines: [
        `it is ${fingerprint}${userIds.map((userId) => ` (${userId})`).join('')}`,
        ...spokenFingerprint(fingerprint),
      ],
      next: 'When it is the right one, give --keyid with its 40 digits.',
    });
  }
  if (await ask({ fingerprint, userIds })) return;
  throw new CooperError('key-not-accepted', { what: `the key ${fingerprint} was not accepted` });
}

async function readSignatures(files: readonly string[]): Promise<readonly (readonly [file: string, text: string])[]> {
  const found = await Promise.all(files.map(async (file) => [file, await readSignature(file)] as const));
  const lacking = found.filter(([, text]) => text === undefined).map(([file]) => `${file}.asc is not there`);
  if (lacking.length === 0) return found.map(([file, text = '']) => [file, text]);
  throw new CooperError('image-unvouched', { what: 'the files of the image are not signed', lines: lacking });
}

/** The signature beside a file, as far as one may go; undefined when it is not there. Throws system errors of reading. */
async function readSignature(file: string): Promise<string | undefined> {
  let signature: FileHandle;
  try {
    signature = await open(`${file}.asc`, 'r');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const { buffer, bytesRead } = await signature.read(Buffer.alloc(signatureLimit), 0, signatureLimit, 0);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await signature.close();
  }
}
