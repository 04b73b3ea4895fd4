// Makes detached signatures of bytes that are read once, over SHA-256: the hash state that gives the digest gives the signature too, to
// whoever signs and to whoever verifies. The digests rest on SHA-256 anyway, and ed25519 is no stronger.

import { type Config, enums, PacketList, type SecretSubkeyPacket, Signature, SignaturePacket } from 'openpgp';
import type { FileDigest } from './digest.ts';
import { type HashedBytes, hashKey, type WantedHash } from './hash-file.ts';
import { openpgpConfig } from './policy.ts';
import { suffixOf } from './signature-suffix.ts';
import type { MadeSignature } from './signer.ts';

/** Reads what is signed, once. */
export type ReadHashes = (wanted: readonly WantedHash[]) => HashedBytes | Promise<HashedBytes>;

/** Signs with an unlocked key; `date` stands in the signature. Throws what `read` throws. */
export async function signDetached(key: SecretSubkeyPacket, date: Date, read: ReadHashes): Promise<MadeSignature> {
  const packet = new HashedOnceSignature(key, read);
  const digest = await packet.signBytes(key, date);
  const list = new PacketList<SignaturePacket>();
  list.push(packet);
  return { armored: new Signature(list).armor(openpgpConfig), digest };
}

/** The form of `sign` that openpgp has: its types leave the configuration out. */
type Sign = (key: SecretSubkeyPacket, data: unknown, date: Date, detached: boolean, config: Config) => Promise<void>;

/** openpgp's packet, but for where its hash comes from: sign() asks for that once the packet knows what it appends to the bytes. */
class HashedOnceSignature extends SignaturePacket {
  readonly #read: ReadHashes;
  #digest: FileDigest | undefined;

  constructor(key: SecretSubkeyPacket, read: ReadHashes) {
    super();
    this.#read = read;
    this.signatureType = enums.signature.binary;
    this.publicKeyAlgorithm = key.algorithm;
    // openpgp would choose SHA-512 for every ed25519 key, whatever its configuration says.
    this.hashAlgorithm = enums.hash.sha256;
  }

  async signBytes(key: SecretSubkeyPacket, date: Date): Promise<FileDigest> {
    const sign = this.sign.bind(this) as Sign;
    await sign(key, noBytes, date, true, openpgpConfig);
    if (this.#digest === undefined) throw new TypeError('openpgp has signed another hash');
    return this.#digest;
  }

  /** In the place of openpgp's own, which its types leave out. */
  async hash(): Promise<Uint8Array> {
    if (this.signatureData === null) throw new TypeError('openpgp asks for the hash too early');
    const wanted = { algorithm: 'sha256', suffix: suffixOf(this.signatureData) };
    const { digest, hashes } = await this.#read([wanted]);
    const hash = hashes.get(hashKey(wanted));
    if (hash === undefined) throw new TypeError('the bytes were hashed for another signature');
    this.#digest = digest;
    return hash;
  }
}

/** What openpgp takes for the document: it hashes nothing of it. */
const noBytes = { text: null, getBytes: () => new Uint8Array() };
