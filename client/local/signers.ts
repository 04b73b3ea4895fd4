// Whose signature counts for files on this machine. A folder hands out no certificate, as a server does: those that are known here are
// asked, and one that the user names. Pure but for putting copies of one certificate together.

import { CooperError } from '../../errors/index.ts';
import { type Certificate, type Fingerprint, mergeCertificates, parseFingerprint } from '../../keys/index.ts';
import { onlyPinned, parseKeyid } from '../verify/fingerprint.ts';

/** A certificate, and why it is here. */
export interface KnownSigner {
  readonly certificate: Certificate;
  /** As a clause about the key: `is the key of this home`. Undefined: the user has a copy of it, and has not said to trust it. */
  readonly why: string | undefined;
}

/** Whose signature is taken. */
export interface SignerChoice {
  /** --keyid: as for servers. */
  readonly keyid?: string | undefined;
  readonly known: readonly KnownSigner[];
  /** Asks the user about a key that nothing else vouches for; absent where nobody can be asked. */
  readonly ask?: ((signer: Pick<Certificate, 'fingerprint' | 'userIds'>) => Promise<boolean>) | undefined;
}

/** Those whose signature is taken at once, and those about which the user is asked. */
export interface ChosenSigners {
  readonly trusted: readonly KnownSigner[];
  readonly asked: readonly KnownSigner[];
  /** What the user should know of the choice. */
  readonly notices: readonly string[];
}

/**
 * Chooses; several copies of a certificate count with everything that one of them says, revocations above all.
 * @throws CooperError `key-missing` for a key of which no certificate is here, `key-mismatch` for 16 digits of several, `bad-usage`
 */
export async function chooseSigners({ keyid, known }: Omit<SignerChoice, 'ask'>, now: Date): Promise<ChosenSigners> {
  const merged = await mergeCopies(known, now);
  if (keyid === undefined) {
    return {
      trusted: merged.filter(({ why }) => why !== undefined),
      asked: merged.filter(({ why }) => why === undefined),
      notices: [],
    };
  }
  const pinned = parseKeyid(keyid);
  const certificate = onlyPinned(
    pinned,
    merged.map((signer) => signer.certificate),
  );
  if (certificate === undefined) throw lacking(pinned.hex);
  const weak = pinned.kind === 'long-id';
  return {
    trusted: [{ certificate, why: 'is the key that the command line names' }],
    asked: [],
    notices: weak ? [`a key of 16 digits can be forged; pin all 40 instead: --keyid ${certificate.fingerprint}`] : [],
  };
}

async function mergeCopies(known: readonly KnownSigner[], now: Date): Promise<readonly KnownSigner[]> {
  const merged = new Map<Fingerprint, KnownSigner>();
  for (const signer of known) {
    const { fingerprint } = signer.certificate;
    const before = merged.get(fingerprint);
    const certificate =
      before === undefined ? signer.certificate : await mergeCertificates(before.certificate, signer.certificate, now);
    merged.set(fingerprint, { certificate, why: before?.why ?? signer.why });
  }
  return [...merged.values()];
}

function lacking(hex: string): CooperError {
  const whole = parseFingerprint(hex) === undefined ? 'whose fingerprint ends in' : '';
  return new CooperError('key-missing', {
    what: `nothing here has the certificate of the key ${[whole, hex].filter((word) => word !== '').join(' ')}`,
    next: 'Give it with --certificate FILE, as `cooper keys export` writes it; or list it for good with `cooper keys trust FILE`.',
  });
}
