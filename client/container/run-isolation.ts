// From what was said of a run to the box that keeps it: capabilities and limits as the kernel has them, binds that are there, a user that
// the container knows. Changes nothing.

import { stat } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type BoxMount, type Rlimit, rlimitNames } from '../../native/index.ts';
import type { RunUser } from '../../provision/index.ts';
import type { ContainerIsolation, ContainerProgram, ContainerRoot } from './box.ts';
import { keptCapabilities } from './capabilities.ts';
import { findUser } from './find-user.ts';
import type { RunBlock } from './run-block.ts';

/** What the box of a run is made of besides the container and the command. */
export interface RunBox {
  readonly program: Pick<ContainerProgram, 'env' | 'cwd'>;
  readonly isolation: ContainerIsolation;
}

/** @throws CooperError `bind-missing` with every one, `user-unknown`; the signal's reason */
export async function boxOfRun(container: ContainerRoot, block: RunBlock, signal: AbortSignal): Promise<RunBox> {
  const { network, shareNamespaces, memory, pids, readOnly, env, workdir } = block;
  const binds = await requireSources(block.binds ?? []);
  const user = block.user === undefined ? undefined : await findUser(container, block.user, signal);
  const capabilities = keptCapabilities(block.capabilities ?? []);
  return {
    program: {
      env: { ...environmentOf(user), ...env },
      ...(workdir === undefined ? {} : { cwd: workdir }),
    },
    isolation: {
      binds,
      rlimits: rlimitsOf(block),
      limits: {
        ...(memory === undefined ? {} : { memoryBytes: memory, unenforced: 'refuse' }),
        ...(pids === undefined ? {} : { pids }),
      },
      ...(network === undefined ? {} : { network }),
      ...(shareNamespaces === undefined ? {} : { shareNamespaces }),
      ...(capabilities === undefined ? {} : { capabilities: capabilities.kept }),
      ...(readOnly === undefined ? {} : { readOnlyRoot: readOnly }),
      ...(user === undefined ? {} : { user: { ...idsOf(user), capabilities: capabilities?.added ?? [] } }),
    },
  };
}

const idsOf = ({ uid, gid, groups }: RunUser) => ({ uid, gid, groups });

function environmentOf(user: RunUser | undefined): Record<string, string> {
  if (user === undefined) return {};
  return { HOME: user.home, USER: user.name ?? String(user.uid) };
}

function rlimitsOf({ rlimits = {} }: RunBlock): readonly Rlimit[] {
  return rlimitNames.flatMap((name) => {
    const limit = rlimits[name];
    return limit === undefined ? [] : [{ name, ...limit }];
  });
}

/** Looked at with the caller's rights, as they are bound later. */
async function requireSources(binds: NonNullable<RunBlock['binds']>): Promise<BoxMount[]> {
  const faults = await Promise.all(binds.map(({ source }) => faultOf(source)));
  const lines = faults.filter((fault) => fault !== undefined);
  if (lines.length > 0) throw new CooperError('bind-missing', { what: 'what was to be bound cannot be', lines });
  return binds.map(({ source, target, readOnly }) => ({ kind: 'bind', source, target, readOnly }));
}

async function faultOf(source: string): Promise<string | undefined> {
  try {
    await stat(source);
    return undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return `${source} is not there`;
    if (isSystemError(error, 'EACCES')) return `${source} is out of your reach`;
    throw error;
  }
}
