// Judges a root on disk in a worker, where its owners are seen as a container sees them, and refuses it when a rule is
// broken that no waiver covers.

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isSystemError } from '../errors/index.ts';
import { type BoxTree, type IdMap, runWorker } from '../native/index.ts';
import type { PrivilegedFile } from './privileged-files.ts';
import { applyWaivers, noticesOf, type RuleReport, refuseFindings } from './report.ts';
import type { HostTraces, RuleContext } from './rule.ts';
import type { RootReport } from './rules.ts';
import type { Waiver } from './waiver.ts';

/** What the gate is run with. `idMap` is the map of the build root, so that owners are those of the image. */
export interface GateContext extends RuleContext {
  readonly idMap: IdMap | 'host';
  readonly waivers?: readonly Waiver[];
  readonly signal?: AbortSignal;
}

/** What the worker is asked for. */
export interface GateRequest {
  readonly root: string;
  readonly context: RuleContext;
}

/** A root that has passed. */
export interface RootVerdict {
  readonly rules: readonly RuleReport[];
  readonly privileged: readonly PrivilegedFile[];
  /** What the user should read although nothing is refused. */
  readonly notices: readonly string[];
  readonly cpuSeconds: number;
}

/** Judges the tree `root`. Throws `gate-refused` with a line for each finding (at most 50); changes nothing. */
export async function runGate(root: BoxTree, context: GateContext): Promise<RootVerdict> {
  const { host, baseline, waivers = [] } = context;
  const request: GateRequest = { root: root.path, context: baseline === undefined ? { host } : { host, baseline } };
  const { response, cpuSeconds } = await runWorker<RootReport>('gate/gate-worker', request, {
    idMap: context.idMap,
    binds: [{ ...root, readOnly: true }],
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  const { reports, unused } = applyWaivers(response.rules, waivers);
  refuseFindings(reports);
  return { rules: reports, privileged: response.privileged, notices: noticesOf(reports, unused), cpuSeconds };
}

/** What of this machine must not be in an image. */
export async function readHostTraces(): Promise<HostTraces> {
  return { hostname: hostname(), resolvConf: await readResolver() };
}

async function readResolver(): Promise<string> {
  try {
    return await readFile('/etc/resolv.conf', 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}
