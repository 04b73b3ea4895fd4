export { describeBuilder, type ListedBuilder, listBuilder, readBuilders, removeBuilder } from './builders.ts';
export {
  type Certificate,
  type Fingerprint,
  mergeCertificates,
  parseFingerprint,
  readCertificates,
} from './certificate.ts';
export { type DetachedSignature, openDetached, verifyDetached, verifyDetachedFile } from './detached.ts';
export { digestOf, type FileDigest, type Sha256, sameDigest, sha256Of } from './digest.ts';
export { verifyDigest, verifyFile } from './digest-check.ts';
export { type HashedBytes, type HashFile, hashFile, hashKey, type WantedHash } from './hash-file.ts';
export type { JudgedAt } from './judge.ts';
export { beforeRevocations, isRevokedKey } from './revoked.ts';
export { signatureFaults } from './settle.ts';
export { sumsText } from './sums.ts';
export { loadTrustedKeyring } from './trusted.ts';
export type { Verified } from './verified.ts';
export { verifyClearSigned } from './verify.ts';
export { groupedFingerprint, spokenFingerprint } from './words.ts';
