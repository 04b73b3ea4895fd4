// Looks at the control groups of this process and of the user's own systemd.

import { constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CgroupPlace, cgroupsUpwards, type Mount } from '../../../native/index.ts';
import { optionalText } from '../../optional-text.ts';
import type { CgroupFacts } from '../facts.ts';
import { mayAccess } from './try.ts';

/** `mountinfo`: the text of /proc/self/mountinfo, `mounts` what is in it. */
export async function lookAtCgroups(mountinfo: string, mounts: readonly Mount[], uid: number): Promise<CgroupFacts> {
  const places = cgroupsUpwards('memory', mountinfo, optionalText('/proc/self/cgroup'));
  const own = places[0]?.parents[0];
  const v2 = places.find(({ version }) => version === 2);
  return {
    layout: layoutOf(mounts),
    own:
      own === undefined
        ? undefined
        : { folder: own, writable: await mayMakeGroups(own), controllers: controllersOf(own) },
    userManager: v2 === undefined ? undefined : managerOf(v2, uid),
  };
}

function layoutOf(mounts: readonly Mount[]): CgroupFacts['layout'] {
  const has = (type: string) => mounts.some((mount) => mount.type === type);
  if (has('cgroup')) return has('cgroup2') ? 'hybrid' : 'v1';
  return has('cgroup2') ? 'v2' : 'none';
}

async function mayMakeGroups(folder: string): Promise<boolean> {
  return (await mayAccess(folder, constants.W_OK)) && (await mayAccess(join(folder, 'cgroup.procs'), constants.W_OK));
}

/** Version 1 has no such file. */
function controllersOf(folder: string): readonly string[] {
  return optionalText(join(folder, 'cgroup.controllers')).split(/\s+/).filter(Boolean);
}

/** Of the service that systemd starts for a user who logs in (systemd.special(7), user@.service). */
function managerOf({ parents }: CgroupPlace, uid: number): readonly string[] | undefined {
  const folder = join(parents.at(-1) ?? '', `user.slice/user-${uid}.slice/user@${uid}.service`);
  return existsSync(folder) ? controllersOf(folder) : undefined;
}
