// What lxc-start will stumble over later although the container itself is fine: folders that its root cannot enter, ids that
// newuidmap will not hand out, a bridge that is not there or not for this user. Looks at the host; never fails for what it finds.

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { callerName, type IdMap, type IdRange, parseSubid } from '../../native/index.ts';
import type { ConfigLine } from './lxc-config.ts';
import { mayAttach } from './usernet.ts';

/** One of these things. Texts are clauses without a full stop. */
export interface StartObstacle {
  readonly kind: 'link-missing' | 'link-refused' | 'ids-unlisted' | 'folder-closed';
  readonly what: string;
  /** The command that takes it away. */
  readonly fix: string;
}

/** What the user is told of it. */
export function obstacleText({ what, fix }: StartObstacle): string {
  return `${what}: ${fix}`;
}

/** Network devices that the lines name and the host does not have. */
export async function missingLinks(lines: readonly ConfigLine[]): Promise<StartObstacle[]> {
  const links = linksOf(lines);
  const there = await Promise.all(links.map(linkExists));
  return links
    .filter((_, index) => !there[index])
    .map((link) => ({
      kind: 'link-missing',
      what: `the network device ${link} of default.conf is not there, and lxc-start will need it`,
      fix: link === lxcBridge ? 'As root: systemctl enable --now lxc-net' : `As root: ip link add ${link} type bridge`,
    }));
}

/** Network devices that the lines name and that lxc-user-nic will not let an ordinary user use. */
export async function refusedLinks(
  lines: readonly ConfigLine[],
  uid: number,
  file = '/etc/lxc/lxc-usernet',
): Promise<StartObstacle[]> {
  if (uid === 0 || linksOf(lines).length === 0) return [];
  const { name = String(uid) } = callerName();
  const [text, groups] = await Promise.all([readIfThere(file), groupNames()]);
  return linksOf(lines)
    .filter((link) => !mayAttach(text, { name, groups }, link))
    .map((link) => ({
      kind: 'link-refused',
      what: `${file} does not let ${name} use the network device ${link} of default.conf, so lxc-start will be refused`,
      fix: `As root: echo "${name} veth ${link} 10" >> ${file}`,
    }));
}

/** LXC's own bridge, which its service lxc-net makes. */
export const lxcBridge = 'lxcbr0';

function linksOf(lines: readonly ConfigLine[]): readonly string[] {
  return [...new Set(lines.filter(({ key }) => key.endsWith('.link')).map(({ value }) => value))];
}

async function groupNames(): Promise<readonly string[]> {
  const own = new Set((process.getgroups?.() ?? []).map(String));
  const lines = (await readIfThere('/etc/group')).split('\n').map((line) => line.split(':'));
  return lines.flatMap(([name = '', , gid = '']) => (own.has(gid) ? [name] : []));
}

/** True when the host has a network device of this name. */
export async function linkExists(link: string): Promise<boolean> {
  return (await statIfThere(`/sys/class/net/${encodeURIComponent(link)}`)) !== undefined;
}

/** Folders on the way to the containers that the root of a container with this map may not pass. */
export async function closedFolders(containers: string, idMap: IdMap | 'host'): Promise<StartObstacle[]> {
  if (idMap === 'host') return [];
  const found: StartObstacle[] = [];
  for (let folder = containers; ; folder = path.dirname(folder)) {
    const status = await statIfThere(folder);
    if (status !== undefined && (status.mode & 0o001) === 0) {
      const what = `the container's root cannot enter ${folder}, so lxc-start will refuse it`;
      found.push({ kind: 'folder-closed', what, fix: `chmod o+x ${folder}` });
    }
    if (folder === path.dirname(folder)) return found.reverse();
  }
}

/** Root may write any map, but LXC asks newuidmap, which goes by /etc/subuid and /etc/subgid for root too. */
export async function unlistedIds(idMap: IdMap | 'host', uid: number): Promise<StartObstacle[]> {
  if (idMap === 'host' || uid !== 0) return [];
  const unlisted = async (file: string, ranges: readonly IdRange[]): Promise<StartObstacle[]> => {
    const missing = await uncovered(file, ranges);
    if (missing.length === 0) return [];
    const what = `${file} does not give root the ids of the container's map, and lxc-start will need them there`;
    const lines = missing.map(({ outside, count }) => `root:${outside}:${count}`);
    return [{ kind: 'ids-unlisted', what, fix: `printf '%s\\n' ${lines.join(' ')} >> ${file}` }];
  };
  return [...(await unlisted('/etc/subuid', idMap.uid)), ...(await unlisted('/etc/subgid', idMap.gid))];
}

async function uncovered(file: string, ranges: readonly IdRange[]): Promise<readonly IdRange[]> {
  const given = parseSubid(await readIfThere(file), { name: 'root', uid: 0 });
  return ranges.filter(
    ({ outside, count }) =>
      !given.some((range) => outside >= range.start && outside + count <= range.start + range.count),
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
