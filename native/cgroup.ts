// Control groups that bound what one box may use. Made before the box starts, joined by it, removed after it. What the host does
// not allow is told, never passed over. Groups that a killed run has left are removed by the next one.

import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BoxLimits, LimitShortfall } from './box-types.ts';
import { type CgroupPlace, type Controller, cgroupPlaces } from './cgroup-layout.ts';

/** The groups of one box. */
export interface BoxGroups {
  /** The cgroup.procs files into which the box writes its first process. */
  readonly joins: readonly string[];
  readonly shortfalls: readonly LimitShortfall[];
  /** Which limits the box has met so far. */
  exceeded(): readonly Controller[];
  /** Once everything inside has ended. */
  remove(): Promise<void>;
}

interface Group {
  readonly folder: string;
  readonly version: 1 | 2;
  readonly controllers: readonly Controller[];
}

const prefix = 'cooper-box-';
let count = 0;

/** Makes groups for the limits given. Changes nothing but below the group of this process, or, with version 2, of one above it. */
export function makeBoxGroups(limits: BoxLimits): BoxGroups {
  const groups = new Map<string, Group>();
  const shortfalls: LimitShortfall[] = [];
  const name = `${prefix}${process.pid}-${count++}`;
  for (const controller of ['memory', 'pids'] as const) {
    const limit = controller === 'memory' ? limits.memoryBytes : limits.pids;
    if (limit === undefined) continue;
    try {
      const group = openGroup(controller, name);
      setLimit(group, controller, limit);
      const known = groups.get(group.folder);
      groups.set(group.folder, { ...group, controllers: [...(known?.controllers ?? []), controller] });
    } catch (error) {
      shortfalls.push({ limit: controller, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return {
    joins: [...groups.keys()].map((folder) => join(folder, 'cgroup.procs')),
    shortfalls,
    exceeded: () => [...groups.values()].flatMap((group) => group.controllers.filter((one) => hasMet(group, one))),
    remove: async () => {
      for (const folder of groups.keys()) await removeGroup(folder);
    },
  };
}

function places(controller: Controller): readonly CgroupPlace[] {
  return cgroupPlaces(
    controller,
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync('/proc/self/cgroup', 'utf8'),
  );
}

function openGroup(controller: Controller, name: string): Omit<Group, 'controllers'> {
  let reason = `no control group has the controller ${controller}`;
  for (const { version, parents } of places(controller)) {
    for (const parent of parents) {
      try {
        accessSync(join(parent, 'cgroup.procs'), constants.W_OK);
        if (version === 2) enable(controller, parent);
        removeStale(parent);
        const folder = join(parent, name);
        mkdirSync(folder, { recursive: true });
        return { folder, version };
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
  }
  throw new Error(reason);
}

// A group with processes of its own cannot hand controllers on, unless it is the root (cgroups(7)): the next one above is tried.
function enable(controller: Controller, parent: string): void {
  const file = join(parent, 'cgroup.subtree_control');
  const words = () => readFileSync(file, 'utf8').split(/\s+/);
  if (words().includes(controller)) return;
  if (!readFileSync(join(parent, 'cgroup.controllers'), 'utf8').split(/\s+/).includes(controller)) {
    throw new Error(`${parent} does not have the controller ${controller}`);
  }
  writeFileSync(file, `+${controller}`);
}

function setLimit({ folder, version }: Omit<Group, 'controllers'>, controller: Controller, limit: number): void {
  if (controller === 'pids') {
    writeFileSync(join(folder, 'pids.max'), String(limit));
    return;
  }
  const [memory, swap] =
    version === 2 ? ['memory.max', 'memory.swap.max'] : ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];
  writeFileSync(join(folder, memory), String(limit));
  // Version 1 counts memory and swap together, version 2 swap alone. Without accounting of swap there is none of these.
  if (readdirSync(folder).includes(swap)) writeFileSync(join(folder, swap), version === 2 ? '0' : String(limit));
}

function hasMet({ folder, version }: Group, controller: Controller): boolean {
  const memoryFile = version === 2 ? 'memory.events' : 'memory.oom_control';
  const [file, key] = controller === 'pids' ? ['pids.events', 'max'] : [memoryFile, 'oom_kill'];
  const text = readFileSync(join(folder, file), 'utf8');
  return new RegExp(`^${key} [1-9]`, 'm').test(text);
}

// The kernel may need a moment to let go of the last process.
async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return rmdirSync(folder);
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(10);
    }
  }
}

function removeStale(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    try {
      rmdirSync(join(parent, name));
    } catch {
      // Somebody else removes it, or it is still in use.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
