// Gives a container its `config` and `fstab`. Writes into the container's folder only; what belongs into the texts is decided in
// config.ts.

import { randomInt } from 'node:crypto';
import { type PlaceholderValues, replacePlaceholders } from '../../image/index.ts';
import { containerConfig } from './config.ts';
import { type ContainerFile, writeContainerFiles } from './container-files.ts';
import type { ContainerMetadata } from './metadata.ts';
import type { ContainerPlan } from './plan.ts';
import type { Staging } from './staging.ts';

/** What a container is configured from. */
export interface Configuration extends Pick<Staging, 'folder' | 'prepared'> {
  /** As the container will be when it is in its place. */
  readonly values: PlaceholderValues;
  /** First line of `config`. */
  readonly origin: string;
  readonly metadata: ContainerMetadata;
  readonly plan: ContainerPlan;
  readonly signal?: AbortSignal | undefined;
}

/** Writes `fstab` and `config` (0640, as lxc-create does), the config last. */
export async function configureContainer(configuration: Configuration): Promise<void> {
  await writeContainerFiles({ ...configuration, ...configuration.plan }, filesOf(configuration));
}

function filesOf({ values, origin, metadata, plan, prepared }: Configuration): ContainerFile[] {
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
