// Which mirror to fetch from: the one that was named, else the host's own for the same distribution, else the source's.
// The choice never reaches any output file: everything that is written down is relative to the mirror.

import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { hostArchitecture } from '../../../variants/index.ts';
import type { DebianArchive } from '../../../variants/resolved.ts';
import type { NamedMirrors } from '../kind.ts';
import { type AptSource, parseDeb822Sources, parseOneLineSources } from './apt-sources.ts';
import type { Mirrors } from './context.ts';

/**
 * Chooses a mirror for each archive of the source. `release` is the codename; `aptDir` is where the host's apt has its lists.
 * @throws CooperError `bad-usage` for a named mirror that is no http(s) URL
 */
export async function chooseMirrors(
  source: DebianArchive,
  release: string,
  named: NamedMirrors = {},
  aptDir = '/etc/apt',
): Promise<Mirrors> {
  const { mirrorsOf = hostArchitecture() } = source;
  const host = mirrorsOf === hostArchitecture() ? await readAptSources(aptDir) : [];
  return {
    main: checkUrl(named.main) ?? pickMirror(host, source, release, 'main') ?? source.mirrors.main,
    security: checkUrl(named.security) ?? pickMirror(host, source, release, 'security') ?? source.mirrors.security,
  };
}

/**
 * The host's mirror for one archive, or undefined. An entry for this very release is best; another release of the same
 * distribution will do when the entry is bound to the distribution's keyring, for then the mirror surely is one of its own.
 */
export function pickMirror(
  host: readonly AptSource[],
  source: DebianArchive,
  release: string,
  archive: keyof Mirrors,
): string | undefined {
  const wanted = new Set(source.suites.flatMap((suite) => (suite.archive === archive ? suite.components : [])));
  const usable = host.filter(
    ({ components, signedBy }) =>
      components.some((component) => wanted.has(component)) && signerFits(signedBy, source.keyring),
  );
  const ofRelease = usable.filter(({ suites }) => suites.some((suite) => belongs(suite, release, archive)));
  const ofOthers = usable.filter(
    ({ suites, signedBy }) =>
      signedBy !== undefined && suites.some((suite) => isSecurity(suite) === (archive === 'security')),
  );
  return [...ofRelease, ...ofOthers][0]?.uri;
}

function belongs(suite: string, release: string, archive: keyof Mirrors): boolean {
  if (archive === 'security') {
    return suite === `${release}-security` || suite === `${release}/updates`;
  }
  return suite === release || (suite.startsWith(`${release}-`) && !isSecurity(suite));
}

function isSecurity(suite: string): boolean {
  return /(-security|\/updates)$/.test(suite);
}

/**
 * An entry without a keyring trusts all of the host's keys, so nothing speaks against it. A definition that brings its own
 * keys is for a distribution that the host's entries say nothing about, even when a codename is the same.
 */
function signerFits(signedBy: string | undefined, keyring: DebianArchive['keyring']): boolean {
  return 'shipped' in keyring && (signedBy === undefined || stem(signedBy) === stem(keyring.shipped));
}

function stem(file: string): string {
  return basename(file).replace(/\.(asc|gpg|pgp)$/, '');
}

function checkUrl(url: string | undefined): string | undefined {
  if (url !== undefined && !(URL.canParse(url) && /^https?:\/\//.test(url))) {
    throw new CooperError('bad-usage', { what: `"${url}" is no http or https URL of a mirror` });
  }
  return url;
}

async function readAptSources(aptDir: string): Promise<AptSource[]> {
  const folder = join(aptDir, 'sources.list.d');
  const names = (await orNothing(readdir(folder))) ?? [];
  const files = [join(aptDir, 'sources.list'), ...names.sort().map((name) => join(folder, name))];
  const found: AptSource[] = [];
  for (const file of files.filter((name) => /\.(list|sources)$/.test(name))) {
    const text = (await orNothing(readFile(file, 'utf8'))) ?? '';
    found.push(...(file.endsWith('.list') ? parseOneLineSources(text) : parseDeb822Sources(text)));
  }
  return found;
}

/** No apt on the host, or files that this user may not read, is no fault. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].some((code) => isSystemError(error, code))) {
      return undefined;
    }
    throw error;
  }
}
