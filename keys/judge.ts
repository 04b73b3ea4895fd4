// Judges one signature over one message: good, or the reason why not. Valid mathematics is not enough: the key must have been
// usable when it signed and must be usable now. Knows nothing of how several signatures add up: verify.ts does.

import type { SignaturePacket, VerifyMessageResult } from 'openpgp';
import type { Certificate, Fingerprint } from './certificate.ts';
import { clockSkewAllowed, isWeakHash, openpgpConfig } from './policy.ts';
import { isRevokedSubkey } from './revoked.ts';

/** One signature as openpgp returns it: still to be judged. */
export type CheckedSignature = VerifyMessageResult['signatures'][number];

/** What a signature is worth. `problem` is one clause for people. */
export type Judgement =
  | { readonly kind: 'good'; readonly signedBy: Fingerprint; readonly signedAt: Date }
  | { readonly kind: Refusal; readonly keyId: string; readonly problem: string };

/** Reasons to refuse, the most telling first: the first one found is what the user is told. */
export const refusals = ['bad', 'weak', 'future', 'revoked', 'expired', 'unusable', 'unknown'] as const;
export type Refusal = (typeof refusals)[number];

/**
 * When a key must have been usable, besides when it signed: now; or never, where something else vouches for what was signed. A subkey
 * that was revoked since then counts as it did when it signed.
 */
export type JudgedAt = Date | 'when-signed';

/** A signature of a kind that is not checked: the message is a clause that says why. */
export class UncheckedSignature extends Error {}

/** Judges `result`, which openpgp made without regard to the clock (`date: null`). */
export async function judge(
  result: CheckedSignature,
  certificates: readonly Certificate[],
  at: JudgedAt,
): Promise<Judgement> {
  const keyId = result.keyID.toHex().toUpperCase();
  const refuse = (kind: Refusal, problem: string): Judgement => ({ kind, keyId, problem });
  const signer = certificates.find(({ key }) => key.getKeys(result.keyID).length > 0);
  if (signer === undefined) return refuse('unknown', `made by key ${keyId}, which is not in the keyring`);
  const by = `${signer.userIds[0] ?? signer.fingerprint} (key ${keyId})`;
  const packet = (await result.signature).packets[0];
  if (!packet?.created) return refuse('bad', `by ${by} is unreadable`);
  if (isWeakHash(packet.hashAlgorithm)) return refuse('weak', `by ${by} uses a hash that is no longer safe`);
  const broken = await rejection(result.verified);
  if (broken instanceof UncheckedSignature) return refuse('bad', `by ${by} ${broken.message}`);
  if (broken !== undefined) {
    const then = await keyProblem(signer, result, packet.created);
    return then === undefined
      ? refuse('bad', `by ${by} does not fit the data`)
      : refuse(then.kind, `by ${by}: ${then.problem}`);
  }
  const now = at === 'when-signed' ? packet.created : at;
  return (await timeProblem(signer, result, packet, now, by)) ?? good(signer, packet.created);
}

function good(signer: Certificate, signedAt: Date): Judgement {
  return { kind: 'good', signedBy: signer.fingerprint, signedAt };
}

async function timeProblem(
  signer: Certificate,
  result: CheckedSignature,
  packet: SignaturePacket,
  now: Date,
  by: string,
): Promise<Judgement | undefined> {
  const keyId = result.keyID.toHex().toUpperCase();
  const created = packet.created as Date;
  const ahead = created.getTime() - now.getTime();
  if (ahead > clockSkewAllowed) {
    const problem = `by ${by} is dated ${created.toISOString()}, ${Math.ceil(ahead / 60_000)} minutes after this machine's clock`;
    return { kind: 'future', keyId, problem };
  }
  const expires = packet.getExpirationTime();
  if (expires !== Infinity && expires <= now) {
    return { kind: 'expired', keyId, problem: `by ${by} expired on ${(expires as Date).toISOString()}` };
  }
  const problem = await keyProblem(signer, result, ahead > 0 ? created : now);
  return problem && { kind: problem.kind, keyId, problem: `by ${by}: ${problem.problem}` };
}

/** Why the key could not sign at `date`, or undefined when it could. */
async function keyProblem(
  signer: Certificate,
  result: CheckedSignature,
  date: Date,
): Promise<{ kind: 'revoked' | 'expired' | 'unusable'; problem: string } | undefined> {
  const reason = await rejection(signer.key.getSigningKey(result.keyID, date, undefined, openpgpConfig));
  if (reason === undefined) return undefined;
  if (await isRevoked(signer, result, date)) return { kind: 'revoked', problem: 'its owner has revoked the key' };
  const expiries = [await signer.key.getExpirationTime(undefined, openpgpConfig)];
  for (const subkey of signer.key.getSubkeys(result.keyID)) {
    expiries.push(await subkey.getExpirationTime(undefined, openpgpConfig));
  }
  const over = expiries.find((expiry) => expiry instanceof Date && expiry <= date);
  if (over instanceof Date) return { kind: 'expired', problem: `the key expired on ${over.toISOString()}` };
  return { kind: 'unusable', problem: reason.message };
}

async function isRevoked({ key }: Certificate, { keyID }: CheckedSignature, date: Date): Promise<boolean> {
  if (await key.isRevoked(undefined, undefined, date, openpgpConfig)) return true;
  const revoked = await Promise.all(key.getSubkeys(keyID).map((subkey) => isRevokedSubkey(subkey, date)));
  return revoked.includes(true);
}

async function rejection(promise: Promise<unknown>): Promise<Error | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
