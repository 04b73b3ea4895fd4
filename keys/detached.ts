// Verifies detached OpenPGP signatures over bytes, whoever has read them: it takes hashes, so that one reading serves the digest and any
// number of signatures. Refuses signatures over text, which leave line ends open, and those of other versions than 4.

import { createMessage, enums, PacketList, readSignature, Signature, SignaturePacket, verify } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import type { Certificate } from './certificate.ts';
import { type HashedBytes, hashBytes, hashFile, hashKey, type WantedHash } from './hash-file.ts';
import { type JudgedAt, UncheckedSignature } from './judge.ts';
import { openpgpConfig } from './policy.ts';
import { asOf, type SignedBy, settle } from './settle.ts';
import { suffixOf } from './signature-suffix.ts';
import { markVerified, type Verified } from './verified.ts';

/** Data under a detached signature. */
export interface SignedData extends SignedBy {
  readonly verified: Verified<Uint8Array>;
}

/** A detached signature that waits for the hashes of what it signs. */
export interface DetachedSignature {
  /** What to ask of the one reading: none when it cannot be read itself, which verifying tells. */
  readonly wanted: readonly WantedHash[];
  /** Codes as verifyClearSigned. */
  verify(hashed: HashedBytes, certificates: readonly Certificate[], at: JudgedAt): Promise<SignedBy>;
}

/**
 * Verifies data under a detached signature, armored or binary. Codes as verifyClearSigned.
 */
export async function verifyDetached(
  data: Uint8Array,
  signature: string | Uint8Array,
  certificates: readonly Certificate[],
  at: JudgedAt,
  name = 'the file',
): Promise<SignedData> {
  const packets = await readPackets(signature, name);
  const by = await verifyPackets(packets, hashBytes(data, wantedBy(packets)), certificates, at, name);
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
  const opened = await openDetached(signature, name);
  return opened.verify(await hashFile(path, opened.wanted), certificates, at);
}

/** Reads a signature, armored or binary, of what messages call `name`. Throws nothing: verifying does. */
export async function openDetached(signature: string | Uint8Array, name: string): Promise<DetachedSignature> {
  try {
    const packets = await readPackets(signature, name);
    return {
      wanted: wantedBy(packets),
      verify: async (hashed, certificates, at) =>
        verifyPackets(packets, hashed, await asOf(at, certificates), at, name),
    };
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    return { wanted: [], verify: () => Promise.reject(error) };
  }
}

// openpgp's types leave out what SignaturePacket.verify takes instead of the hash that it would compute.
type Prehashed = SignaturePacket & { hashed?: Promise<Uint8Array> };

async function verifyPackets(
  packets: readonly SignaturePacket[],
  hashed: HashedBytes,
  certificates: readonly Certificate[],
  at: JudgedAt,
  name: string,
): Promise<SignedBy> {
  const list = new PacketList<SignaturePacket>();
  for (const packet of packets) {
    const hash = hashFor(packet, hashed);
    // openpgp waits for it later, or never.
    hash.catch(() => undefined);
    (packet as Prehashed).hashed = hash;
    list.push(packet);
  }
  const { signatures } = await verify({
    message: await createMessage({ binary: unreadable() }),
    signature: new Signature(list),
    verificationKeys: certificates.map(({ key }) => key),
    date: null,
    format: 'binary',
    config: openpgpConfig,
  });
  return settle(signatures, certificates, at, name);
}

/** What openpgp would read if it ever computed a hash itself: nothing that a signature could fit. */
function unreadable(): ReadableStream<Uint8Array> {
  const pull = () => Promise.reject(new Error('the bytes were hashed before'));
  return new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
}

function hashFor(packet: SignaturePacket, { hashes }: HashedBytes): Promise<Uint8Array> {
  const wanted = wantedHash(packet);
  if (typeof wanted === 'string') return Promise.reject(new UncheckedSignature(wanted));
  const hash = hashes.get(hashKey(wanted));
  if (hash === undefined) throw new TypeError('the bytes were hashed for another signature');
  return Promise.resolve(hash);
}

function wantedBy(packets: readonly SignaturePacket[]): WantedHash[] {
  return packets.map(wantedHash).filter((each) => typeof each !== 'string');
}

/** As node:crypto names them. Weak ones are refused without being computed. */
const algorithms = new Map<number | null, string>([
  [enums.hash.sha224, 'sha224'],
  [enums.hash.sha256, 'sha256'],
  [enums.hash.sha384, 'sha384'],
  [enums.hash.sha512, 'sha512'],
  [enums.hash.sha3_256, 'sha3-256'],
  [enums.hash.sha3_512, 'sha3-512'],
]);

/** Or why there is none, as a clause. */
function wantedHash({ version, signatureType, hashAlgorithm, signatureData }: SignaturePacket): WantedHash | string {
  if (version !== 4 || signatureData === null) return `is of version ${version} instead of 4`;
  if (signatureType !== enums.signature.binary) return 'is over text, whatever its line ends, and not over the bytes';
  const algorithm = algorithms.get(hashAlgorithm);
  return algorithm === undefined ? 'uses a hash that is not supported' : { algorithm, suffix: suffixOf(signatureData) };
}

/** As in clear-signed messages, nothing stands before or behind what is read. */
const onlyOneBlock = /^\s*-----BEGIN PGP SIGNATURE-----\r?\n(?:(?!-----)[\s\S])*-----END PGP SIGNATURE-----\s*$/;

/** Those that are over a document; of what else there may be, openpgp says nothing either. */
async function readPackets(signature: string | Uint8Array, name: string): Promise<SignaturePacket[]> {
  const { packets } = await readDetached(signature, name);
  const { binary, text } = enums.signature;
  return packets.filter(
    (packet) => packet instanceof SignaturePacket && (packet.signatureType === binary || packet.signatureType === text),
  );
}

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
