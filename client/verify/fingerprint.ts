// The key that a user pins with --keyid. Pure. 16 digits are weak (anyone with patience can make a second key that ends
// in them), so they are told apart and the caller shows a notice.

import { CooperError } from '../../errors/index.ts';
import { type Fingerprint, parseFingerprint } from '../../keys/index.ts';

/** What a user pinned. */
export type PinnedKey =
  | { readonly kind: 'fingerprint'; readonly hex: Fingerprint }
  | { readonly kind: 'long-id'; readonly hex: string };

/** Reads --keyid: 40 or 16 hexadecimal digits, blanks and a leading 0x allowed. Throws `key-missing`, `bad-usage`. */
export function parseKeyid(text: string | undefined): PinnedKey {
  if (text === undefined || text === '') {
    throw new CooperError('key-missing', { what: 'no --keyid says whose images to trust' });
  }
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== undefined) return { kind: 'fingerprint', hex: fingerprint };
  const hex = text.replaceAll(/\s/g, '').replace(/^0x/i, '').toUpperCase();
  if (/^[0-9A-F]{16}$/.test(hex)) return { kind: 'long-id', hex };
  throw new CooperError('bad-usage', {
    what: `${JSON.stringify(text)} is not the fingerprint of a key`,
    next: 'Give --keyid the 40 hexadecimal digits that `cooper keys show` prints where the images are published.',
  });
}

/**
 * The one certificate that is pinned, whatever else is there; undefined when none is.
 * @throws CooperError `key-mismatch` when 16 digits are those of two keys: only all 40 tell them apart
 */
export function onlyPinned<T extends { readonly fingerprint: Fingerprint }>(
  pinned: PinnedKey,
  certificates: readonly T[],
): T | undefined {
  const matching = certificates.filter(({ fingerprint }) => isPinned(pinned, fingerprint));
  const different = [...new Set(matching.map(({ fingerprint }) => fingerprint))];
  if (different.length < 2) return matching[0];
  throw new CooperError('key-mismatch', {
    what: `several keys end in the pinned ${pinned.hex}`,
    next: 'Pin all 40 digits of the fingerprint that the publisher announces.',
    lines: different,
  });
}

/** True when a certificate's fingerprint is the pinned one. */
export function isPinned(pinned: PinnedKey, fingerprint: Fingerprint): boolean {
  return pinned.kind === 'fingerprint' ? fingerprint === pinned.hex : fingerprint.endsWith(pinned.hex);
}
