// Judges a root in a worker, where its owners are seen as a container sees them, and refuses it when a rule is broken.

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { CooperError, isSystemError } from '../errors/index.ts';
import { type IdMap, runWorker } from '../native/index.ts';
import { shownPath } from './root-view.ts';
import type { HostTraces } from './rule.ts';
import type { RootReport } from './rules.ts';

/** What the gate is run with. `idMap` is the map of the build root, so that owners are those of the image. */
export interface GateContext {
  readonly idMap: IdMap | 'host';
  readonly host: HostTraces;
  readonly signal?: AbortSignal;
}

/** What the worker is asked for. */
export interface GateRequest {
  readonly root: string;
  readonly host: HostTraces;
}

/** What all rules found and what it cost. */
export interface GateReport extends RootReport {
  readonly cpuSeconds: number;
}

// More lines say no more.
const mostLines = 50;

/** Judges the directory `root`. Throws `gate-refused` with a line for each finding (at most 50); changes nothing. */
export async function runGate(root: string, context: GateContext): Promise<GateReport> {
  const request: GateRequest = { root, host: context.host };
  const { response: report, cpuSeconds } = await runWorker<RootReport>('gate/gate-worker', request, {
    idMap: context.idMap,
    binds: [{ path: root, readOnly: true }],
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  refuseFindings(report);
  return { ...report, cpuSeconds };
}

/** Throws `gate-refused` when a rule found something. */
export function refuseFindings(report: RootReport): void {
  const lines = report.rules.flatMap(({ code, findings }) =>
    findings.map(({ path, message }) => `${code}: ${shownPath(path)} ${message}`),
  );
  if (lines.length === 0) return;
  const broken = report.rules.filter(({ findings }) => findings.length > 0);
  const more = lines.length > mostLines ? [`… and ${lines.length - mostLines} more`] : [];
  throw new CooperError('gate-refused', {
    what: `the root breaks ${broken.length === 1 ? 'a rule' : `${broken.length} rules`} of the gate: ${broken.map(({ code }) => code).join(', ')}`,
    lines: [...lines.slice(0, mostLines), ...more],
  });
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
