// Gives a container its `config` and `fstab`, and its root the values of its placeholders. Writes below the container's
// folder only; what belongs into the texts is decided in config.ts.

import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type PlaceholderValues, replacePlaceholders } from '../../image/index.ts';
import { type IdMap, runWorker } from '../../native/index.ts';
import { containerConfig } from './config.ts';
import type { ContainerMetadata } from './metadata.ts';
import type { ContainerPlan } from './plan.ts';

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
export interface Configuration {
  /** Folder of the container as it is now; holds `rootfs`. */
  readonly folder: string;
  /** Folder of the container as it will be. */
  readonly final: string;
  readonly name: string;
  /** First line of `config`. */
  readonly origin: string;
  readonly metadata: ContainerMetadata;
  readonly plan: ContainerPlan;
  readonly signal?: AbortSignal | undefined;
}

/** Writes `config` (0640, as lxc-create does) and `fstab`, and replaces placeholders. Throws `template-outside-root`. */
export async function configureContainer(configuration: Configuration): Promise<void> {
  const { folder, final, name, origin, metadata, plan } = configuration;
  const values = { name, path: final, rootfs: path.join(final, 'rootfs') };
  const config = containerConfig({
    origin,
    values,
    distribution: metadata.config,
    defaults: plan.defaults,
    addIdMap: plan.addIdMap,
    addNetwork: plan.addNetwork,
    hasFstab: metadata.fstab !== undefined,
    randomDigit: () => randomInt(16).toString(16),
  });
  await writeFile(path.join(folder, 'config'), config, { mode: 0o640, flag: 'wx' });
  if (metadata.fstab !== undefined) {
    await writeFile(path.join(folder, 'fstab'), replacePlaceholders(metadata.fstab, values), { flag: 'wx' });
  }
  if (metadata.templates.length > 0) await replaceInRoot(configuration, values, plan.workerMap);
}

async function replaceInRoot(
  { folder, metadata, signal }: Configuration,
  values: PlaceholderValues,
  idMap: IdMap | 'host',
): Promise<void> {
  const request: ConfigureRequest = { rootfs: path.join(folder, 'rootfs'), templates: metadata.templates, values };
  const binds = [{ path: folder, readOnly: false }];
  await runWorker<null>('client/container/configure-worker', request, { idMap, binds, ...(signal && { signal }) });
}
