// Judges the ids of containers: the programs that write the map, and the ranges that the user has. Pure.

import type { IdRange } from '../../../native/index.ts';
import type { FileFacts, HostFacts, MapProgram } from '../facts.ts';
import { errorFault, errorFound, type Finding, fault, fine } from '../finding.ts';

/** newuidmap and newgidmap. Root needs them only for containers with a map, so that their lack is a lesser fault. */
export function judgeMapPrograms({
  user,
  kernel,
  mapPrograms,
}: Pick<HostFacts, 'user' | 'kernel' | 'mapPrograms'>): Finding[] {
  const lesser = (finding: Finding): Finding =>
    user.uid === 0 && finding.level === 'fail' ? { ...finding, level: 'warn' } : finding;
  const faults = mapPrograms.flatMap(faultOf).map(lesser);
  if (faults.length === 0 && kernel.noNewPrivileges && user.uid !== 0) {
    const fix = 'Leave what started it so: sudo, setpriv --no-new-privs, NoNewPrivileges= of a service, a sandbox';
    return [fault('newuidmap', 'no-new-privileges', 'no_new_privs is set', fix)];
  }
  const names = mapPrograms.map(({ name }) => name).join(' and ');
  return faults.length > 0 ? faults : [fine('newuidmap', `${names} are there and have their rights`)];
}

function faultOf({ name, file }: MapProgram): Finding[] {
  if (file === undefined) return [errorFound('newuidmap', 'no-newuidmap', `${name} is not on the PATH`)];
  const { path, nosuid } = file;
  const powerless = (seen: string, fix: string) => [fault('newuidmap', 'newuidmap-powerless', seen, fix)];
  if (!hasRights(file)) {
    return powerless(
      `${path} is neither set-uid root nor has it a capability`,
      `As root: chown root ${path} && chmod u+s ${path}`,
    );
  }
  return nosuid
    ? powerless(`${path} lies on a nosuid mount`, `As root: mount -o remount,suid "$(stat -c %m ${path})"`)
    : [];
}

function hasRights({ uid, mode, capable }: FileFacts): boolean {
  return capable || (uid === 0 && (mode & 0o4000) !== 0);
}

/** What the plan of a container has found of ids, or failed at. */
export function judgeSubids({ user, plan }: Pick<HostFacts, 'user' | 'plan'>): Finding[] {
  const check = 'subordinate-ids';
  if (!plan.ok) return /^(no-subid-range|bad-id-map)$/.test(plan.failure.code) ? [errorFault(check, plan.failure)] : [];
  const { idMap, obstacles } = plan.value;
  const unlisted = obstacles.filter(({ kind }) => kind === 'ids-unlisted');
  if (unlisted.length > 0) return unlisted.map(({ what, fix }) => fault(check, 'ids-unlisted', what, fix));
  if (idMap === 'host')
    return [fine(check, `containers of ${user.name} are privileged, their ids are those of the host`)];
  const text = (ranges: readonly IdRange[]) =>
    ranges.map(({ outside, count }) => `${outside}-${outside + count - 1}`).join(', ');
  return [fine(check, `containers get uids ${text(idMap.uid)} and gids ${text(idMap.gid)}`)];
}
