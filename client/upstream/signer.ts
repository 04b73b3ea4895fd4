// The certificate of the key that signs an upstream's files. The server is never asked for it: a publisher who hides its catalog has the
// key too, and could hand out old files with it (catalogHidden).

import { CooperError } from '../../errors/index.ts';
import type { Certificate, Fingerprint } from '../../keys/index.ts';
import type { ServerUrl } from '../verify/server-address.ts';
import { catalogHidden } from './secure.ts';

/** Whose signatures a server's files have to have, as the user has said it. */
export interface NamedSigner {
  /** Undefined where no signatures are looked at. */
  readonly keyid: Fingerprint | undefined;
  /** The certificates that the user has of it. */
  readonly certificates: readonly Certificate[];
}

/**
 * The certificate of `keyid`; undefined when no key is named. Pure.
 * @throws CooperError 'catalog-vanished' for a key without certificates, 'key-mismatch' when it is none of theirs
 */
export function signerOf(server: ServerUrl, { keyid, certificates }: NamedSigner): Certificate | undefined {
  if (keyid === undefined) return undefined;
  if (certificates.length === 0) throw catalogHidden(server);
  const given = certificates.find(({ fingerprint }) => fingerprint === keyid);
  if (given !== undefined) return given;
  throw new CooperError('key-mismatch', {
    what: `the file of --certificate does not hold the key ${keyid}`,
    next: 'Check the fingerprint, or give the certificate of the key with --certificate FILE.',
  });
}
