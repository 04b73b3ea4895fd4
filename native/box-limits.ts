// The limits of one box from its start to its end: control groups, the fallback where there are none, the watch over the disk.

import { CooperError } from '../errors/index.ts';
import type { BoxExit, BoxLimits, LimitShortfall } from './box-types.ts';
import { makeBoxGroups } from './cgroup.ts';
import { isDiskLow, watchDisk } from './disk-watch.ts';
import type { PlanContext } from './wire.ts';

/** What the limits are to a box that runs. */
export interface RunningLimits {
  /** What the plan says of them. */
  readonly plan: Pick<PlanContext, 'groups' | 'processes'>;
  /** Begins the watch; `end` is called when the disk runs full. */
  start(end: () => void): void;
  /** Ends it all, once nothing runs inside, and says how it went. */
  finish(): Promise<Pick<BoxExit, 'exceeded' | 'shortfalls'>>;
}

/**
 * Readies the limits of a box that is about to start; `finish` must be called whatever becomes of it. Throws `memory-unlimited`
 * for a limit that must not be passed over.
 */
export function openLimits(limits: BoxLimits = {}): RunningLimits {
  const groups = makeBoxGroups(limits);
  const { disk, pids } = limits;
  const unlimited = groups.shortfalls.find(({ limit }) => limit === 'memory');
  if (unlimited !== undefined && limits.unenforced === 'refuse') {
    void groups.remove();
    throw new CooperError('memory-unlimited', { what: `memory cannot be limited here: ${unlimited.reason}` });
  }
  const fallback = pids !== undefined && groups.shortfalls.some(({ limit }) => limit === 'pids');
  let full = false;
  let endWatch = () => {};
  return {
    plan: { groups: groups.joins, ...(fallback ? { processes: pids } : {}) },
    start: (end) => {
      if (disk === undefined) return;
      endWatch = watchDisk(disk.path, disk.reserveBytes, () => {
        full = true;
        end();
      });
    },
    finish: async () => {
      endWatch();
      full ||= disk !== undefined && isDiskLow(disk.path, disk.reserveBytes);
      const exceeded = [...groups.exceeded(), ...(full ? (['disk'] as const) : [])];
      await groups.remove();
      return { exceeded, shortfalls: groups.shortfalls.map(explain) };
    },
  };
}

function explain({ limit, reason }: LimitShortfall): LimitShortfall {
  const instead = limit === 'pids' ? 'counted for each user id of the box instead' : 'not enforced';
  return { limit, reason: `${instead}: ${reason}` };
}
