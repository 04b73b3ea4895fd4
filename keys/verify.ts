// Verifies clear-signed and detached OpenPGP signatures against given certificates. One good signature is enough, signers
// that are not among the certificates do not count. Refuses everything else with a code that says why; no key is fetched.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  type CleartextMessage,
  createMessage,
  readCleartextMessage,
  readSignature,
  type Signature,
  verify,
} from 'openpgp';
import { CooperError, type ErrorCode } from '../errors/index.ts';
import type { Certificate, Fingerprint } from './certificate.ts';
import { faultOfClearSigned } from './clear-signed.ts';
import { type CheckedSignature, type JudgedAt, type Judgement, judge, type Refusal, refusals } from './judge.ts';
import { openpgpConfig } from './policy.ts';
import { beforeSubkeyRevocations } from './revoked.ts';
import { markVerified, type Verified } from './verified.ts';

/** Who vouched for the data, and when. */
export interface SignedBy {
  /** Primary key of the signer. */
  readonly signedBy: Fingerprint;
  readonly signedAt: Date;
}

/** A clear-signed text: exactly what was signed, that is without dash escapes, with \n line ends and without blanks before them. */
export interface SignedText extends SignedBy {
  readonly text: string;
  readonly verified: Verified<string>;
}

/** Data under a detached signature. */
export interface SignedData extends SignedBy {
  readonly verified: Verified<Uint8Array>;
}

const codes: Record<Refusal, ErrorCode> = {
  bad: 'signature-invalid',
  weak: 'signature-weak',
  future: 'signature-from-future',
  revoked: 'signature-revoked',
  expired: 'signature-expired',
  unusable: 'signature-invalid',
  unknown: 'signature-unknown-key',
};

/** What a signature can be refused for: the codes of the functions here. */
export const signatureFaults: readonly ErrorCode[] = ['signature-missing', ...new Set(Object.values(codes))];

/**
 * Verifies a clear-signed message such as Debian's InRelease. `name` is what messages call it.
 * @throws CooperError 'signature-missing', 'signature-unknown-key', 'signature-invalid', 'signature-weak', 'signature-revoked',
 * 'signature-expired' (the signature or its key), 'signature-from-future' (beyond five minutes of clock skew)
 */
export async function verifyClearSigned(
  message: string,
  certificates: readonly Certificate[],
  at: JudgedAt,
  name = 'the document',
): Promise<SignedText> {
  const parsed = await readClearSigned(message, name);
  const judges = await asOf(at, certificates);
  const verificationKeys = judges.map(({ key }) => key);
  const result = await verify({ message: parsed, verificationKeys, date: null, config: openpgpConfig });
  const by = await settle(result.signatures, judges, at, name);
  const text = parsed.getText();
  return { ...by, text, verified: markVerified(text) };
}

/**
 * Verifies data under a detached signature, armored or binary. Codes as verifyClearSigned.
 */
export async function verifyDetached(
  data: Uint8Array,
  given: string | Uint8Array,
  certificates: readonly Certificate[],
  at: JudgedAt,
  name = 'the file',
): Promise<SignedData> {
  const signature = await readDetached(given, name);
  const message = await createMessage({ binary: data });
  const verificationKeys = certificates.map(({ key }) => key);
  const result = await verify({
    message,
    signature,
    verificationKeys,
    date: null,
    format: 'binary',
    config: openpgpConfig,
  });
  const by = await settle(result.signatures, certificates, at, name);
  return { ...by, verified: markVerified(data) };
}

/**
 * Verifies a file under a detached signature, armored or binary, without holding the file in memory. Codes as verifyClearSigned,
 * and system errors of reading it.
 */
export async function verifyDetachedFile(
  path: string,
  signature: string | Uint8Array,
  certificates: readonly Certificate[],
  at: JudgedAt,
  name = 'the file',
): Promise<SignedBy> {
  const read = await readDetached(signature, name);
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const message = await createMessage({ binary: Readable.toWeb(file) as ReadableStream<Uint8Array> });
  const judges = await asOf(at, certificates);
  const verificationKeys = judges.map(({ key }) => key);
  const result = await verify({
    message,
    signature: read,
    verificationKeys,
    date: null,
    format: 'binary',
    config: openpgpConfig,
  });
  // The signature sees only what is read. openpgp has put another reader into the stream, which iterating does not find.
  const reader = (result.data as unknown as ReadableStream<Uint8Array>).getReader();
  for (let done = false; !done; ) ({ done } = await reader.read());
  return settle(result.signatures, judges, at, name);
}

async function asOf(at: JudgedAt, certificates: readonly Certificate[]): Promise<readonly Certificate[]> {
  return at === 'when-signed' ? Promise.all(certificates.map(beforeSubkeyRevocations)) : certificates;
}

async function readClearSigned(message: string, name: string): Promise<CleartextMessage> {
  if (!message.includes('-----BEGIN PGP SIGNED MESSAGE-----')) {
    throw new CooperError('signature-missing', { what: `${name} is not signed` });
  }
  const fault = faultOfClearSigned(message);
  if (fault !== undefined) throw new CooperError('signature-invalid', { what: `${name} ${fault}` });
  try {
    return await readCleartextMessage({ cleartextMessage: message, config: openpgpConfig });
  } catch (cause) {
    throw new CooperError('signature-invalid', { what: `${name} is not a readable clear-signed message`, cause });
  }
}

/** As in clear-signed messages, nothing stands before or behind what is read. */
const onlyOneBlock = /^\s*-----BEGIN PGP SIGNATURE-----\r?\n(?:(?!-----)[\s\S])*-----END PGP SIGNATURE-----\s*$/;

async function readDetached(signature: string | Uint8Array, name: string): Promise<Signature> {
  if (typeof signature === 'string' && !signature.includes('-----BEGIN PGP SIGNATURE-----')) {
    throw new CooperError('signature-missing', { what: `there is no OpenPGP signature for ${name}` });
  }
  if (typeof signature === 'string' && !onlyOneBlock.test(signature)) {
    throw new CooperError('signature-invalid', { what: `the signature of ${name} is not one whole block of armor` });
  }
  try {
    if (typeof signature !== 'string')
      return await readSignature({ binarySignature: signature, config: openpgpConfig });
    return await readSignature({ armoredSignature: signature, config: openpgpConfig });
  } catch (cause) {
    throw new CooperError('signature-invalid', { what: `the signature of ${name} is unreadable`, cause });
  }
}

async function settle(
  results: readonly CheckedSignature[],
  certificates: readonly Certificate[],
  at: JudgedAt,
  name: string,
): Promise<SignedBy> {
  const refused: Exclude<Judgement, { kind: 'good' }>[] = [];
  for (const result of results) {
    const judgement = await judge(result, certificates, at);
    if (judgement.kind === 'good') return { signedBy: judgement.signedBy, signedAt: judgement.signedAt };
    refused.push(judgement);
  }
  const worst = refusals.flatMap((kind) => refused.find((judgement) => judgement.kind === kind) ?? [])[0];
  if (worst === undefined) throw new CooperError('signature-missing', { what: `${name} carries no signature` });
  throw new CooperError(codes[worst.kind], {
    what: `the signature of ${name} ${worst.problem}`,
    lines: refused.length > 1 ? refused.map(({ problem }) => `signature ${problem}`) : [],
  });
}
