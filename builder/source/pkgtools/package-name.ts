// Names of packages as pkgtools and Plamo's tools make them: NAME-VERSION-ARCH-BUILD.txz. Pure.

import { compareVersions } from '../debian/version.ts';

/** What the name of a package file says. */
export interface PackageName {
  readonly name: string;
  readonly version: string;
  /** As the distribution names it: `x86_64`, `noarch`. */
  readonly architecture: string;
  readonly build: string;
}

const word = '[A-Za-z0-9.+~_:%@=,]+';
const whole = new RegExp(`^([A-Za-z0-9](?:[A-Za-z0-9.+~_:%@=,-]*))-(${word})-(${word})-(${word})$`);
const ending = /\.t(?:xz|zst|gz|bz)$/;

/** Whether a name has the ending of a package. */
export function isPackageFile(file: string): boolean {
  return ending.test(file);
}

/** The name without its ending: what records of installed packages are called. */
export function stemOf(file: string): string {
  return file.replace(ending, '');
}

/** Undefined for what is no name of a package. */
export function parsePackageFile(file: string): PackageName | undefined {
  if (!isPackageFile(file)) return undefined;
  const [, name, version, architecture, build] = whole.exec(stemOf(file)) ?? [];
  if (name === undefined || version === undefined || architecture === undefined || build === undefined)
    return undefined;
  return { name, version, architecture, build };
}

/** Negative when `a` is the older build of a package. */
export function compareBuilds(a: PackageName, b: PackageName): number {
  return compareVersions(a.version, b.version) || compareVersions(a.build, b.build);
}
