// The keys whose signatures count for a source.

import { type Certificate, loadTrustedKeyring, readCertificates } from '../../keys/index.ts';
import type { Keyring } from '../../variants/resolved.ts';

/** Those of a keyring that Cooper brings, or of one that came with the definition. */
export function certificatesOf(keyring: Keyring): Promise<Certificate[]> {
  return 'shipped' in keyring ? loadTrustedKeyring(keyring.shipped) : readCertificates(Buffer.from(keyring.armored));
}
