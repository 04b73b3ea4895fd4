// How several signatures add up: one good one is enough, signers that are not among the certificates do not count. Refuses everything
// else with a code that says why. What one signature is worth is in judge.ts.

import { CooperError, type ErrorCode } from '../errors/index.ts';
import type { Certificate, Fingerprint } from './certificate.ts';
import { type CheckedSignature, type JudgedAt, type Judgement, judge, type Refusal, refusals } from './judge.ts';
import { beforeSubkeyRevocations } from './revoked.ts';

/** Who vouched for the data, and when. */
export interface SignedBy {
  /** Primary key of the signer. */
  readonly signedBy: Fingerprint;
  readonly signedAt: Date;
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

/** The certificates as they are to be asked. */
export async function asOf(at: JudgedAt, certificates: readonly Certificate[]): Promise<readonly Certificate[]> {
  return at === 'when-signed' ? Promise.all(certificates.map(beforeSubkeyRevocations)) : certificates;
}

/**
 * Judges what openpgp has checked, without regard to the clock (`date: null`). `name` is what messages call the signed thing.
 * @throws CooperError of signatureFaults
 */
export async function settle(
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
