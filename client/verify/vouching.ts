// What vouches for an image that becomes a container, and what that leaves open: said in a notice and in --json. Pure.

import type { Fingerprint } from '../../keys/index.ts';

/** The strongest first; `nothing`: whoever asked for the image took it so. */
export type VouchedBy = 'catalog' | 'signature' | 'checksum' | 'transport' | 'nothing';

/** What is known of where an image comes from. */
export interface Vouching {
  readonly by: VouchedBy;
  /** Primary key of who has signed it. */
  readonly signer: Fingerprint | undefined;
  /** What is left open, a clause each: nothing where a signed catalog vouches. */
  readonly lacking: readonly string[];
}

const mayBeOld = 'nothing says whether there is a newer build, or whether this one was withdrawn';

/** A publisher's signed catalog names the build. */
export function byCatalog(publisher: Fingerprint): Vouching {
  return { by: 'catalog', signer: publisher, lacking: [] };
}

/** Files on this machine. `build`: they are those of a whole build, which says what it is. */
export function byLocalFiles(
  by: Exclude<VouchedBy, 'catalog' | 'transport'>,
  signer: Fingerprint | undefined,
  build: boolean,
): Vouching {
  return { by, signer, lacking: [...ofFiles[by], ...(build ? [] : [unnamed[by]])] };
}

const ofFiles = {
  signature: [mayBeOld],
  checksum: ['no signature was looked at: the digests that were named vouch for the files'],
  nothing: ['nothing vouches for the files but whoever named them with --unverified'],
} as const;

const unnamed = {
  signature: 'nothing says which image the files are, or that both are of one build',
  checksum: 'nothing says which image the files are',
  nothing: 'nothing says which image the files are',
} as const;

/** Files of a server without a catalog, judged as well as its protocol allows; `of`: what the server cannot prove. */
export function byUpstream(
  by: Exclude<VouchedBy, 'catalog'>,
  signer: Fingerprint | undefined,
  of: readonly string[],
): Vouching {
  const clause = ofUpstream[by];
  return { by, signer, lacking: [...of, ...(clause === undefined ? [] : [clause])] };
}

const ofUpstream = {
  signature: undefined,
  checksum:
    "no signature was looked at: the digests are the server's own, so whoever controls the server controls both",
  transport: 'no signature was looked at, and not every file has a digest: https alone vouches for the rest',
  nothing: 'nothing vouches for the files: they came without encryption',
} as const;
