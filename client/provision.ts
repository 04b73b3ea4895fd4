// Provisions a container: files, scripts and packages, in a root that does not run. On an existing container it is not a
// transaction: what is done stays, and is told.

import path from 'node:path';
import { createStages, type Reporter, type Stages, type StageTime } from '../events/index.ts';
import { type BoxSpec, workerIdMap } from '../native/index.ts';
import { type ProvisionStep, provision } from '../provision/index.ts';
import { boxIdMap, type ContainerRoot, containerBox } from './container/box.ts';
import { type ContainerChoice, openContainer } from './container/open-container.ts';
import { withScratch } from './container/scratch.ts';
import { withStopped } from './container/stopped.ts';

/** What is to be done to a container, and what its programs have of the network meanwhile. */
export interface ContainerProvision {
  readonly steps: readonly ProvisionStep[];
  readonly network: BoxSpec['network'];
}

/** Everything that `cooper provision NAME` needs to know. */
export interface ProvisionRequest extends ContainerChoice, ContainerProvision {
  readonly now: Date;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** A container in which all steps are done. */
export interface ProvisionedContainer {
  readonly name: string;
  readonly folder: string;
  /** As they were asked for. */
  readonly steps: readonly string[];
  readonly stages: readonly StageTime[];
}

/**
 * Does the steps in their order and ends at the first that fails; a notice then says what is done.
 * @throws CooperError of openContainer, `container-running`, and those of provision
 */
export async function provisionContainer(request: ProvisionRequest): Promise<ProvisionedContainer> {
  const { report, signal, now, steps } = request;
  const container = await openContainer(request);
  const stages = createStages(report, signal);
  await withStopped(container, 'exclusive', async () => {
    const done: ProvisionStep[] = [];
    try {
      await provisionRootfs(container, path.dirname(container.folder), request, { stages, now, done });
    } catch (error) {
      report({ type: 'notice', time: Date.now(), stage: 'provision', message: stateAfter(done, steps) });
      throw error;
    }
  });
  const { name, folder } = container;
  return { name, folder, steps: steps.map(({ shown }) => shown), stages: stages.times };
}

/** What one run of provisioning needs besides the steps. */
interface Run {
  readonly stages: Stages;
  readonly now: Date;
  /** Gets each step that is done. */
  readonly done?: ProvisionStep[];
}

/** The same for a root that is not in its place yet, if there is anything to do. `beside`: a folder of the caller's. */
export async function provisionRootfs(
  root: ContainerRoot,
  beside: string,
  wanted: ContainerProvision | undefined,
  { stages, now, done = [] }: Run,
): Promise<void> {
  if (wanted === undefined) return;
  const { steps, network } = wanted;
  await withScratch(beside, root.name, (scratch) => {
    const provisioned = {
      rootfs: root.rootfs,
      idMap: workerIdMap(boxIdMap(root)),
      // Scripts of packages call set-id helpers (su, chage).
      boxOf: (program: Parameters<typeof containerBox>[1], binds: BoxSpec['mounts']) => ({
        ...containerBox(root, program, { network, binds }),
        noNewPrivileges: false,
      }),
      network,
      scratch,
    };
    return provision(provisioned, steps, { stages, now, onDone: (step) => done.push(step) });
  });
}

/** For people: what a failed provision leaves. Pure. */
export function stateAfter(done: readonly ProvisionStep[], steps: readonly ProvisionStep[]): string {
  const failed = steps[done.length];
  const before = done.length === 0 ? 'nothing was done before it' : `done before it: ${done.map(shownOf).join(', ')}`;
  const half = failed?.kind === 'file' ? 'places nothing' : 'may have done a part, which stays';
  return `${failed?.shown ?? 'what failed'} ${half}; ${before}`;
}

const shownOf = ({ shown }: ProvisionStep) => shown;
