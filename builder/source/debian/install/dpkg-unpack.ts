// The command that has dpkg itself unpack what cannot be written directly (claims.ts says what). The archives lie in a
// folder of dpkg's own meanwhile: the box sees the root alone. Pure.

/** Below the root: where unpack-worker.ts puts the archives, numbered in the order of the package set. */
export const leftFolder = 'var/lib/dpkg/tmp.ci-left';

/** A package that was left, and why. */
export interface LeftPackage {
  readonly name: string;
  readonly reason: string;
}

// Their Pre-Depends may be unpacked and not configured yet, as the others' are. `--force-unsafe-io`: a build that is cut off
// is thrown away.
const script = `
dpkg --force-depends --force-unsafe-io --force-confold --log=/dev/null --abort-after=1 --unpack /${leftFolder}/*.deb &&
  rm -r /${leftFolder}
`;

/** The argv. */
export const dpkgUnpackCommand: readonly string[] = ['/bin/sh', '-c', script];
