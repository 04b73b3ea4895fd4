// Judges the folder of the containers and the home folder: rights, how they are mounted, what room there is. Pure.

import { formatBytes } from '../../render.ts';
import type { FolderFacts, HostFacts } from '../facts.ts';
import { type Check, errorFault, errorFound, type Finding, fault, fine } from '../finding.ts';

/** Bytes and files that are little, and bytes that are none. */
const little = { bytes: 2_000_000_000, files: 100_000 } as const;
const none = 200_000_000;

/** The folder of the containers: everything. */
export function judgeContainers({
  user,
  containers,
  plan,
}: Pick<HostFacts, 'user' | 'containers' | 'plan'>): Finding[] {
  const check = 'containers-folder';
  const closed = plan.ok ? plan.value.obstacles.filter(({ kind }) => kind === 'folder-closed') : [];
  const faults = [
    ...mountFaults(check, containers, user.uid),
    ...unwritable(containers, (seen) => errorFound(check, 'containers-unwritable', seen)),
    ...closed.map(({ what, fix }) => fault(check, 'folder-closed', what, fix)),
    ...roomFaults(check, containers),
  ];
  return faults.length > 0 ? faults : [fine(check, `${containers.path} ${roomText(containers)}`)];
}

/** The home folder: its format, and room for the cache. What the containers' folder tells of the same disk is not told again. */
export function judgeHome({ home, containers }: Pick<HostFacts, 'home' | 'containers'>): Finding[] {
  const { format } = home;
  const sameDisk = home.mount?.target === containers.mount?.target;
  const faults = [
    ...(format.ok ? [] : [errorFault('home', format.failure)]),
    ...(format.ok ? unwritable(home, (seen) => errorFound('home', 'home-unusable', seen)) : []),
    ...(sameDisk ? [] : roomFaults('home', home)),
  ];
  const isNew = home.existing === home.path ? '' : ' is not there yet, and can be made; its place';
  return faults.length > 0 ? faults : [fine('home', `${home.path}${isNew} ${roomText(home)}`)];
}

function unwritable(folder: FolderFacts, tell: (seen: string) => Finding): Finding[] {
  const { writable, existing, mount } = folder;
  return writable || mount?.flags.includes('ro') ? [] : [tell(`${existing} is not yours to write into`)];
}

/** nodev is a fault for root alone: others have no nodes. */
function mountFaults(check: Check, { path, mount }: FolderFacts, uid: number): Finding[] {
  if (mount === undefined) return [];
  const faults = [
    ['ro', 'mounted-read-only', 'rw'],
    ['noexec', 'mounted-noexec', 'exec'],
    ['nosuid', 'mounted-nosuid', 'suid'],
    ...(uid === 0 ? [['nodev', 'mounted-nodev', 'dev'] as const] : []),
  ] as const;
  return faults
    .filter(([flag]) => mount.flags.includes(flag))
    .map(([flag, code, cure]) => {
      const fix = `As root: mount -o remount,${cure} ${mount.target}`;
      return fault(check, code, `${path} is mounted ${flag}`, fix);
    });
}

function roomFaults(check: Check, folder: FolderFacts): Finding[] {
  const { existing, free, freeInodes = Number.POSITIVE_INFINITY, mount } = folder;
  const fix = `du -xh -d 2 ${mount?.target ?? existing} | sort -h | tail; cooper cache prune`;
  const space = free < none ? 'space-out' : free < little.bytes ? 'space-low' : undefined;
  return [
    ...(space === undefined ? [] : [fault(check, space, `${formatBytes(free)} are free at ${existing}`, fix)]),
    ...(freeInodes < little.files
      ? [fault(check, 'inodes-low', `${freeInodes} more files can be made at ${existing}`, fix)]
      : []),
  ];
}

function roomText({ free, freeInodes }: FolderFacts): string {
  const files = freeInodes === undefined ? '' : `, room for ${freeInodes} files`;
  return `has ${formatBytes(free)} free${files}`;
}
