// A server in the manner of images.linuxcontainers.org as `create` and `list` take it: read only, and verified as far as its protocol
// goes. With a key every index and every file has to have its signature; without one https and digests are all there is.

import { CooperError } from '../../errors/index.ts';
import { type Fingerprint, parseFingerprint } from '../../keys/index.ts';
import type { TrustChoice } from '../verify/choose-pin.ts';
import type { FileFetching } from './fetch-files.ts';
import { readUpstream, type Upstream, type UpstreamFetching } from './read-upstream.ts';
import { requireSecure } from './secure.ts';
import { signerOf } from './signer.ts';
import type { UpstreamBuild } from './upstream-build.ts';
import { indexedBuilds, verifiedIndexes } from './verified-indexes.ts';

/** A server that was read. */
export interface OpenedUpstream extends Omit<FileFetching, 'onProgress'> {
  readonly kind: 'upstream';
  readonly protocol: Upstream['protocol'];
  /** With a key those of the signed indexes alone. */
  readonly builds: readonly UpstreamBuild[];
  /** What could not be taken, a sentence each. */
  readonly odd: readonly string[];
  /** What the server cannot prove, a clause each. */
  readonly lacking: readonly string[];
}

/**
 * Reads it; undefined for a server that speaks neither of the protocols.
 * @throws CooperError 'upstream-insecure', 'upstream-unsigned', 'upstream-invalid', 'signature-*', 'key-mismatch', 'bad-usage'; what
 *   fetchBytes throws
 */
export async function openUpstream(
  fetching: UpstreamFetching & { readonly now: Date },
  trust: TrustChoice,
): Promise<OpenedUpstream | undefined> {
  const upstream = await readOrNothing(fetching);
  if (upstream === undefined) return undefined;
  const { server, transport, signal, now } = fetching;
  const { protocol, odd } = upstream;
  const signer = signerOf(server, { keyid: keyOfUpstream(trust), certificates: trust.certificates ?? [] });
  requireSecure(server, signer);
  if (signer !== undefined) await verifiedIndexes(upstream, signer, fetching);
  const builds = signer === undefined ? upstream.builds : indexedBuilds(upstream);
  const lacking = lackingOf(upstream, signer?.fingerprint);
  return { kind: 'upstream', server, transport, signal, now, signer, protocol, builds, odd, lacking };
}

async function readOrNothing(fetching: UpstreamFetching): Promise<Upstream | undefined> {
  try {
    return await readUpstream(fetching);
  } catch (error) {
    if (error instanceof CooperError && error.code === 'not-found-on-server') return undefined;
    throw error;
  }
}

/** The key that signs its files, as the user has named it. Pure. */
function keyOfUpstream({ keyid, acceptKey, remote }: TrustChoice): Fingerprint | undefined {
  if (acceptKey !== undefined) {
    throw new CooperError('bad-usage', {
      what: 'the server has no signed catalog: there is no key of it that could be remembered',
      next: 'Name the key that signs its images with --keyid, or keep it with a remote: `cooper remote add NAME URL --keyid FPR`.',
    });
  }
  if (keyid === undefined) return remote?.keyid;
  const fingerprint = parseFingerprint(keyid);
  if (fingerprint !== undefined) return fingerprint;
  throw new CooperError('bad-usage', {
    what: `--keyid ${keyid}: a server without a catalog takes the 40 digits of a fingerprint`,
  });
}

const protocols = { lxc: 'LXC (an index)', simplestreams: 'LXD (simplestreams)' } as const;

function lackingOf({ server, protocol }: Upstream, signer: Fingerprint | undefined): readonly string[] {
  const what = `${server.href} is an image server of ${protocols[protocol]}, without a signed catalog`;
  return [
    signer === undefined
      ? `${what}: nobody has signed what it lists`
      : `${what}: its list is signed by ${signer}, and nothing says that there is no newer one`,
  ];
}
