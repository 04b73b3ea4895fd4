// The worker of an unpacking, and that it does not keep anybody waiting.

import { type StartedWorker, startWorker } from '../../native/index.ts';
import type { ContainerPlan } from '../container/plan.ts';
import type { Staging } from '../container/staging.ts';

/** Where a container's root filesystem is made. */
export type UnpackPlace = Pick<Staging, 'folder' | 'rootfs' | 'prepared'>;

/**
 * The worker of an unpacking, which begins to run while it is being found out what there is to unpack. Whatever comes of that, `end` is
 * called at last.
 */
export class Unpacker {
  readonly #start: () => StartedWorker;
  #waiting: StartedWorker | undefined;

  /** `plan` has the map of the worker; `host` with `host`. Throws as startWorker. */
  constructor(place: UnpackPlace, { workerMap: idMap }: Pick<ContainerPlan, 'workerMap'>) {
    const binds = [{ path: newIn(place) ?? place.rootfs, readOnly: false }];
    this.#start = () => startWorker('client/unpack/unpack-worker', { idMap, binds });
    this.#waiting = this.#start();
  }

  /** One that has not been asked: after a failure, when another image is tried, a new one. */
  take(): StartedWorker {
    const worker = this.#waiting ?? this.#start();
    this.#waiting = undefined;
    return worker;
  }

  async end(): Promise<void> {
    await this.#waiting?.end();
    this.#waiting = undefined;
  }
}

/** The folder in which the root filesystem has still to be made. */
export function newIn({ prepared, folder }: UnpackPlace): string | undefined {
  return prepared ? undefined : folder;
}
