// How much memory this process may still take: by what the kernel says of the machine (proc_meminfo(5)), and by the limits of
// its control groups, version 1 and 2. Only looks.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors/index.ts';
import { type CgroupPlace, cgroupsUpwards } from './cgroup-layout.ts';

/** In bytes. */
export interface MemoryRoom {
  /** What programs can get before the machine has to swap; 0 where the kernel does not say. */
  readonly machine: number;
  /** What the tightest control group leaves; none without a limit. */
  readonly group: number | undefined;
}

/** What there is at this moment. */
export function memoryRoom(): MemoryRoom {
  const places = cgroupsUpwards(
    'memory',
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync('/proc/self/cgroup', 'utf8'),
  );
  const groups = places.flatMap(({ version, parents }) =>
    parents.flatMap((folder) => readGroup(folder, version) ?? []),
  );
  return {
    machine: availableOf(readFileSync('/proc/meminfo', 'utf8')),
    group: groups.length === 0 ? undefined : Math.min(...groups),
  };
}

/** The line MemAvailable of /proc/meminfo in bytes. */
export function availableOf(meminfo: string): number {
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024;
}

const files = {
  1: { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', reclaimable: 'total_inactive_file' },
  2: { limit: 'memory.max', usage: 'memory.current', reclaimable: 'inactive_file' },
} as const;

// The root group of version 2 and groups without the controller have none of these files.
function readGroup(folder: string, version: CgroupPlace['version']): number | undefined {
  const names = files[version];
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  try {
    return roomOfGroup(version, { limit: read(names.limit), usage: read(names.usage), stat: read('memory.stat') });
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'EACCES')) return undefined;
    throw error;
  }
}

/** What a group leaves, by the texts of its files; none without a limit. Of cached files what nobody uses can be taken. */
export function roomOfGroup(
  version: CgroupPlace['version'],
  { limit, usage, stat }: { readonly limit: string; readonly usage: string; readonly stat: string },
): number | undefined {
  const bytes = Number(limit);
  // Version 2 says `max`, version 1 the largest number of pages that it can count.
  if (!(bytes < 2 ** 62)) return undefined;
  const reclaimable = new RegExp(`^${files[version].reclaimable} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0;
  return Math.max(0, bytes - Number(usage) + Number(reclaimable));
}
