// What lxc-start will stumble over later although the container itself is fine: folders that its root cannot enter, ids that
// newuidmap will not hand out, a bridge that is not there. Looks at the host; never fails for what it finds.

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { type IdMap, type IdRange, parseSubid } from '../../native/index.ts';
import type { ConfigLine } from './lxc-config.ts';

/** Network devices that the lines name and the host does not have. */
export async function missingLinks(lines: readonly ConfigLine[]): Promise<string[]> {
  const links = [...new Set(lines.filter(({ key }) => key.endsWith('.link')).map(({ value }) => value))];
  const there = await Promise.all(links.map(linkExists));
  return links
    .filter((_, index) => !there[index])
    .map((link) => `the network device ${link} of default.conf is not there: lxc-start will need it`);
}

/** True when the host has a network device of this name. */
export async function linkExists(link: string): Promise<boolean> {
  return (await statIfThere(`/sys/class/net/${encodeURIComponent(link)}`)) !== undefined;
}

/** Folders on the way to the containers that the root of a container with this map may not pass. */
export async function closedFolders(containers: string, idMap: IdMap | 'host'): Promise<string[]> {
  if (idMap === 'host') return [];
  const notices: string[] = [];
  for (let folder = containers; ; folder = path.dirname(folder)) {
    const status = await statIfThere(folder);
    if (status !== undefined && (status.mode & 0o001) === 0) {
      notices.push(`the container's root cannot enter ${folder}, so lxc-start will refuse it: chmod o+x ${folder}`);
    }
    if (folder === path.dirname(folder)) return notices.reverse();
  }
}

/** Root may write any map, but LXC asks newuidmap, which goes by /etc/subuid and /etc/subgid for root too. */
export async function unlistedIds(idMap: IdMap | 'host', uid: number): Promise<string[]> {
  if (idMap === 'host' || uid !== 0) return [];
  const unlisted = [
    ...((await covers('/etc/subuid', idMap.uid)) ? [] : ['/etc/subuid']),
    ...((await covers('/etc/subgid', idMap.gid)) ? [] : ['/etc/subgid']),
  ];
  return unlisted.map(
    (file) => `${file} does not give root the ids of the container's map: lxc-start will need them there`,
  );
}

async function covers(file: string, ranges: readonly IdRange[]): Promise<boolean> {
  const given = parseSubid(await readIfThere(file), { name: 'root', uid: 0 });
  return ranges.every(({ outside, count }) =>
    given.some((range) => outside >= range.start && outside + count <= range.start + range.count),
  );
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}

async function statIfThere(file: string): Promise<{ readonly mode: number } | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].some((code) => isSystemError(error, code))) return undefined;
    throw error;
  }
}
