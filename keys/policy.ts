// Which OpenPGP algorithms Cooper accepts, for messages and inside certificates. Refuses MD5, RIPEMD and SHA-1 everywhere,
// DSA and ElGamal, RSA below 2047 bits and secp256k1. Pure.

import { type Config, config, enums } from 'openpgp';

const weakHashes = new Set([enums.hash.md5, enums.hash.ripemd, enums.hash.sha1]);

/** How far a signer's clock may be ahead of ours before the signature is refused: milliseconds. */
export const clockSkewAllowed = 5 * 60 * 1000;

/** Handed to every call of openpgp that reads, verifies or signs. Never read from outside. */
export const openpgpConfig: Config = {
  ...config,
  minRSABits: 2047,
  rejectHashAlgorithms: weakHashes,
  rejectMessageHashAlgorithms: weakHashes,
  rejectPublicKeyAlgorithms: new Set([enums.publicKey.elgamal, enums.publicKey.dsa]),
  allowInsecureVerificationWithReformattedKeys: false,
  showVersion: false,
  showComment: false,
  v6Keys: false,
};

/** True when a signature over a message uses a hash that may no longer be trusted. */
export function isWeakHash(algorithm: number | null): boolean {
  return algorithm === null || weakHashes.has(algorithm);
}
