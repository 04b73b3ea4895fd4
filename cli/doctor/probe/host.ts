// Gathers the facts of this host. Nothing stays of it, nothing is judged here.

import { existsSync, readFileSync } from 'node:fs';
import { containersFolder } from '../../../client/index.ts';
import { hasZstd, xzEngineName } from '../../../image/index.ts';
import { boxProgram, callerName, llistxattr, type Mount, memoryRoom, parseMountinfo } from '../../../native/index.ts';
import type { CommandContext } from '../../context.ts';
import { checkHome } from '../../home.ts';
import { hostUser } from '../../server-access.ts';
import type { ClockFacts, EngineFacts, HostFacts } from '../facts.ts';
import { lookAtCgroups } from './cgroups.ts';
import { lookAtFolder } from './folder.ts';
import { lookAtKernel } from './kernel.ts';
import { firstWord, lookAtLxc, lookAtPlan } from './lxc.ts';
import { lookAtMapPrograms } from './newuidmap.ts';
import { lookAtRemotes } from './remotes.ts';
import { tried } from './try.ts';

/** Which folder of containers is meant, and whether servers may be asked. */
export interface Looking {
  readonly path?: string;
  readonly offline: boolean;
}

/** Everything. Takes as long as the slowest server, eight seconds at most. */
export async function lookAtHost(context: CommandContext, { path, offline }: Looking): Promise<HostFacts> {
  const { home, env, signal } = context;
  const user = hostUser(env);
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
  const mounts = parseMountinfo(mountinfo);
  const containers = await tried(() =>
    containersFolder({ path, homeContainers: home.chosen ? home.containers : undefined }, user),
  );
  const folder = containers.ok ? containers.value : home.containers;
  const remotes = offline ? undefined : tried(() => lookAtRemotes(context));
  return {
    user: { uid: user.uid, name: callerName().name ?? String(user.uid) },
    kernel: await lookAtKernel(signal),
    mapPrograms: await lookAtMapPrograms(mounts, env),
    cgroups: await lookAtCgroups(mountinfo, mounts, user.uid),
    containers: await lookAtFolder(folder, mounts),
    home: await lookAtHome(context, mounts),
    memory: roomOf(memoryRoom()),
    plan: await tried(() => lookAtPlan(user, folder)),
    lxc: await lookAtLxc(),
    clock: await lookAtClock(),
    remotes: await remotes,
    engines: await lookAtEngines(),
  };
}

async function lookAtHome({ home }: CommandContext, mounts: readonly Mount[]): Promise<HostFacts['home']> {
  return { ...(await lookAtFolder(home.path, mounts)), format: await tried(() => checkHome(home)) };
}

function roomOf({ machine, group }: ReturnType<typeof memoryRoom>): number {
  return Math.min(machine, group ?? machine);
}

async function lookAtClock(): Promise<ClockFacts> {
  const said = await firstWord('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  return { now: new Date(), synchronized: said === undefined ? undefined : said === 'yes' };
}

async function lookAtEngines(): Promise<EngineFacts> {
  return {
    xz: await tried(xzEngineName),
    zstd: hasZstd(),
    box: { path: boxProgram, exists: existsSync(boxProgram) },
    sys: await tried(() => llistxattr('/')),
  };
}
