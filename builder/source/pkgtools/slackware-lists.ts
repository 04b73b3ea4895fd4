// The two lists of a release of Slackware: CHECKSUMS.md5, which names every file, and a tagfile for each series, which says how much
// its packages are needed. Pure.

import { CooperError } from '../../../errors/index.ts';
import type { Tag } from '../../../variants/resolved.ts';

/** MD5 by path, which is relative to the folder of the release; CHECKSUMS.md5 has a text for people before its lines. */
export function parseChecksums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, sum, path] = /^([0-9a-f]{32}) [ *]\.\/(.+)$/.exec(line) ?? [];
    if (sum === undefined || path === undefined) continue;
    const twice = sums.get(path);
    if (isUnsafe(path)) throw malformed(`CHECKSUMS.md5 names ${JSON.stringify(path)}`);
    if (twice !== undefined && twice !== sum) throw malformed(`CHECKSUMS.md5 names ${path} twice, with different sums`);
    sums.set(path, sum);
  }
  if (sums.size === 0) throw malformed('CHECKSUMS.md5 names no file');
  return sums;
}

const isUnsafe = (path: string) => /(?:^|\/)\.{0,2}(?:\/|$)|\p{Cc}/u.test(path);

const tagLine = /^([A-Za-z0-9][A-Za-z0-9.+~_:%@=,-]*)\s*:\s*(ADD|REC|OPT|SKP)\s*$/;

/** Tags by the names of packages. `name`: what messages call the file. */
export function parseTagfile(text: string, name: string): ReadonlyMap<string, Tag> {
  const tags = new Map<string, Tag>();
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, item, tag] = tagLine.exec(line) ?? [];
    if (item === undefined) throw malformed(`${name} has the line ${JSON.stringify(line.slice(0, 100))}`);
    tags.set(item, tag as Tag);
  }
  if (tags.size === 0) throw malformed(`${name} names no package`);
  return tags;
}

function malformed(what: string): CooperError {
  return new CooperError('package-list-malformed', { what });
}
