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
import type { Staging } from './staging.ts';

/** What configure-worker.ts is asked. */
export interface ConfigureRequest {
  /** Root filesystem as it is now. */
  readonly rootfs: string;
  /** Rootfs-relative paths. */
  readonly templates: readonly string[];
  /** As the container will be when it is in its place. */
  readonly values: PlaceholderValues;
  /** For a prepared container, what is written beside its root and given to the owner of its config. */
  readonly beside: { readonly folder: string; readonly files: readonly ContainerFile[] } | undefined;
}

/** A file of the container's folder; `bytes` are latin1, since requests travel as JSON. */
export interface ContainerFile {
  readonly name: 'config' | 'fstab';
  readonly bytes: string;
  readonly mode: number;
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
 * Replaces placeholders and writes `fstab` and `config` (0640, as lxc-create does), the config last. What lxc-create has prepared is
 * not the caller's to enter in each case, so the worker writes there. Throws `template-outside-root`.
 */
export async function configureContainer(configuration: Configuration): Promise<void> {
  const { folder, final, name, finalRootfs, metadata, plan, prepared } = configuration;
  const values = { name, path: final, rootfs: finalRootfs };
  const files = filesOf(configuration, values);
  if (prepared || metadata.templates.length > 0) {
    await replaceInRoot(configuration, values, plan.workerMap, prepared ? files : undefined);
  }
  if (prepared) return;
  for (const { name: file, bytes, mode } of files) {
    await writeFile(path.join(folder, file), bytes, { encoding: 'latin1', mode, flag: 'wx' });
  }
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

async function replaceInRoot(
  { folder, rootfs, prepared, metadata, signal }: Configuration,
  values: PlaceholderValues,
  idMap: IdMap | 'host',
  files: readonly ContainerFile[] | undefined,
): Promise<void> {
  const beside = files && { folder, files };
  const request: ConfigureRequest = { rootfs, templates: metadata.templates, values, beside };
  const binds = (prepared ? [folder, rootfs] : [folder]).map((place) => ({ path: place, readOnly: false }));
  await runWorker<null>('client/container/configure-worker', request, { idMap, binds, ...(signal && { signal }) });
}
