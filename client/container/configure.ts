// Gives a container its `config` and `fstab`, and its root the values of its placeholders. Writes below the container's
// folder only; what belongs into the texts is decided in config.ts.

import { randomInt } from 'node:crypto';
import { type PlaceholderValues, replacePlaceholders } from '../../image/index.ts';
import { runWorker } from '../../native/index.ts';
import { containerConfig } from './config.ts';
import { type ContainerFile, foldersOf, writeContainerFiles } from './container-files.ts';
import type { ContainerMetadata } from './metadata.ts';
import type { ContainerPlan } from './plan.ts';
import type { Staging } from './staging.ts';

/** What configure-worker.ts is asked. */
export interface ConfigureRequest {
  /** Root filesystem as it is now. */
  readonly rootfs: string;
  /** Rootfs-relative paths. */
  readonly templates: readonly string[];
  /** As the container will be when it is in its place. */
  readonly values: PlaceholderValues;
}

/** What a container is configured from. */
export interface Configuration extends Pick<Staging, 'folder' | 'final' | 'rootfs' | 'finalRootfs' | 'prepared'> {
  readonly name: string;
  /** First line of `config`. */
  readonly origin: string;
  readonly metadata: ContainerMetadata;
  readonly plan: ContainerPlan;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Replaces placeholders and writes `fstab` and `config` (0640, as lxc-create does), the config last. Throws `template-outside-root`.
 */
export async function configureContainer(configuration: Configuration): Promise<void> {
  const { name, final, finalRootfs, metadata, plan } = configuration;
  const values = { name, path: final, rootfs: finalRootfs };
  if (metadata.templates.length > 0) await replaceInRoot(configuration, values);
  await writeContainerFiles({ ...configuration, ...plan }, filesOf(configuration, values));
}

function filesOf({ origin, metadata, plan, prepared }: Configuration, values: PlaceholderValues): ContainerFile[] {
  const config = containerConfig({
    origin,
    values,
    distribution: metadata.config,
    defaults: plan.defaults,
    otherLines: plan.otherLines,
    prepared,
    addIdMap: plan.addIdMap,
    addNetwork: plan.addNetwork,
    hasFstab: metadata.fstab !== undefined,
    randomDigit: () => randomInt(16).toString(16),
  });
  const fstab = metadata.fstab && replacePlaceholders(metadata.fstab, values).toString('latin1');
  return [
    ...(fstab === undefined ? [] : [{ name: 'fstab', bytes: fstab, mode: 0o644 } as const]),
    { name: 'config', bytes: Buffer.from(config).toString('latin1'), mode: 0o640 },
  ];
}

async function replaceInRoot(configuration: Configuration, values: PlaceholderValues): Promise<void> {
  const { rootfs, metadata, plan, signal } = configuration;
  const request: ConfigureRequest = { rootfs, templates: metadata.templates, values };
  await runWorker<null>('client/container/configure-worker', request, {
    idMap: plan.workerMap,
    binds: foldersOf(configuration).map((place) => ({ path: place, readOnly: false })),
    ...(signal && { signal }),
  });
}
