// A suite's Release file: parsed and judged. Pure. Refuses one that is not for the wanted suite, has expired, comes from the
// future or lacks a wanted component or architecture; the signature was checked before (indices.ts).

import { CooperError } from '../../../errors/index.ts';
import type { FileDigest, Sha256 } from '../../../keys/digest.ts';
import type { Suite } from '../../../variants/resolved.ts';
import { parseStanza } from './stanza.ts';

/** What a Release file says (Debian repository format, "Release files"). */
export interface Release {
  readonly suite: string;
  readonly codename: string;
  readonly date: Date;
  readonly validUntil: Date | undefined;
  readonly architectures: readonly string[];
  /** Last part of each: security archives write `updates/main`. */
  readonly components: readonly string[];
  readonly byHash: boolean;
  /** apt's default priority: 500, or less when the suite asks not to be taken by itself. */
  readonly pin: number;
  /** Index files by their path below the suite. */
  readonly files: ReadonlyMap<string, FileDigest>;
}

/** Seconds that a mirror's clock may be ahead of ours. */
const clockSkew = 300;

/** @throws CooperError `release-malformed` */
export function parseRelease(text: string, name: string): Release {
  const malformed = (problem: string, cause?: unknown) =>
    new CooperError('release-malformed', { what: `the Release file of ${name} ${problem}`, cause });
  let fields: ReadonlyMap<string, string>;
  try {
    fields = parseStanza(text);
  } catch (error) {
    throw malformed(`cannot be read: ${error instanceof Error ? error.message : error}`, error);
  }
  const date = parseDate(fields.get('Date'));
  const validUntil = parseDate(fields.get('Valid-Until'));
  if (date === undefined) {
    throw malformed('has no proper Date');
  }
  if (validUntil === undefined && fields.has('Valid-Until')) {
    throw malformed('has a faulty Valid-Until');
  }
  return {
    suite: fields.get('Suite') ?? '',
    codename: fields.get('Codename') ?? '',
    date,
    validUntil,
    architectures: words(fields.get('Architectures')),
    components: words(fields.get('Components')).map((component) => component.slice(component.lastIndexOf('/') + 1)),
    byHash: fields.get('Acquire-By-Hash') === 'yes',
    pin: pinOf(fields),
    files: parseDigests(fields.get('SHA256') ?? '', malformed),
  };
}

/**
 * Judges a release by what is wanted from it.
 * @throws CooperError `suite-mismatch`, `archive-expired`, `archive-from-future`, `component-missing`
 */
export function checkRelease(release: Release, suite: Suite, architectures: readonly string[], now: Date): void {
  if (suite.name !== release.suite && suite.name !== release.codename) {
    const what = `the mirror answers for ${suite.name} with suite "${release.suite}", codename "${release.codename}"`;
    throw new CooperError('suite-mismatch', { what });
  }
  if (release.date.getTime() > now.getTime() + clockSkew * 1000) {
    const what = `the Release file of ${suite.name} is dated ${release.date.toISOString()}, which has not come yet`;
    throw new CooperError('archive-from-future', { what });
  }
  if (release.validUntil !== undefined && release.validUntil.getTime() < now.getTime()) {
    const what = `the Release file of ${suite.name} was valid until ${release.validUntil.toISOString()}`;
    throw new CooperError('archive-expired', { what });
  }
  const lacking = suite.components.filter((component) => !release.components.includes(component));
  if (lacking.length > 0) {
    const what = `${suite.name} has no component ${lacking.join(', ')}; it has ${release.components.join(', ')}`;
    throw new CooperError('component-missing', { what });
  }
  const absent = architectures.filter((name) => !release.architectures.includes(name));
  if (absent.length > 0) {
    const known = release.architectures.filter((name) => name !== 'all').join(', ');
    throw new CooperError('component-missing', {
      what: `${suite.name} has no packages for ${absent.join(', ')}; it has ${known}`,
    });
  }
}

/** A package list as the release names it. */
export interface ListedFile {
  /** Below the suite, e.g. `main/binary-amd64/Packages.xz`. */
  readonly path: string;
  readonly digest: FileDigest;
  /** Of the unpacked list. Undefined when the release does not say. */
  readonly plain: FileDigest | undefined;
}

/** The best packed form of a package list. @throws CooperError `component-missing` */
export function findPackagesFile(release: Release, suite: string, component: string, architecture: string): ListedFile {
  const plain = `${component}/binary-${architecture}/Packages`;
  for (const path of [`${plain}.xz`, `${plain}.gz`, plain]) {
    const digest = release.files.get(path);
    if (digest !== undefined) {
      return { path, digest, plain: release.files.get(plain) };
    }
  }
  throw new CooperError('component-missing', { what: `the Release file of ${suite} lists no ${plain}.xz` });
}

function pinOf(fields: ReadonlyMap<string, string>): number {
  if (fields.get('NotAutomatic') !== 'yes') {
    return 500;
  }
  return fields.get('ButAutomaticUpgrades') === 'yes' ? 100 : 1;
}

function words(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}

function parseDate(value: string | undefined): Date | undefined {
  const time = Date.parse(value ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}

function parseDigests(block: string, malformed: (problem: string) => CooperError): Map<string, FileDigest> {
  const files = new Map<string, FileDigest>();
  for (const line of block.split('\n')) {
    if (line.trim() === '') {
      continue;
    }
    const [, sha256, size, path] = /^\s*([0-9a-f]{64})\s+(\d{1,15})\s+(\S+)$/.exec(line) ?? [];
    if (sha256 === undefined || path === undefined) {
      throw malformed(`has the line "${line.trim().slice(0, 100)}" among its SHA256 sums`);
    }
    files.set(path, { size: Number(size), sha256: sha256 as Sha256 });
  }
  if (files.size === 0) {
    throw malformed('has no SHA256 sums');
  }
  return files;
}
