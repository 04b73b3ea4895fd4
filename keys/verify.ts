// Verifies clear-signed OpenPGP messages against given certificates. Refuses everything that is not wholly signed, with a code that says
// why; no key is fetched. Detached signatures are in detached.ts.

import { type CleartextMessage, readCleartextMessage, verify } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import type { Certificate } from './certificate.ts';
import { faultOfClearSigned } from './clear-signed.ts';
import type { JudgedAt } from './judge.ts';
import { openpgpConfig } from './policy.ts';
import { asOf, type SignedBy, settle } from './settle.ts';
import { markVerified, type Verified } from './verified.ts';

/** A clear-signed text: exactly what was signed, that is without dash escapes, with \n line ends and without blanks before them. */
export interface SignedText extends SignedBy {
  readonly text: string;
  readonly verified: Verified<string>;
}

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
