// The boot gate: a container of the image in each of LXC's two kinds that this machine can start, one after the other.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type GateReport, memberLines, pickMember, removeForeignTree } from '../../image/index.ts';
import { workerIdMap } from '../../native/index.ts';
import { bootRule } from '../boot-rule.ts';
import type { UnpackedTree } from '../judge-image.ts';
import { type RuleReport, ruleReport } from '../report.ts';
import type { Finding } from '../rule.ts';
import { unpackAsStock } from '../stock-tar.ts';
import { type BootOutcome, bootOnce } from './boot.ts';
import { type BootHost, bootHosts } from './host.ts';

/** `auto`: as far as this machine can. `always`: at least once, else it is an error. */
export type BootChoice = 'auto' | 'always' | 'never';

/** An image that was unpacked for an unprivileged container, as far as it could be. */
export interface BootGateRequest {
  readonly when: BootChoice;
  /** Whether this machine runs programs of the image's architecture. */
  readonly native: boolean;
  /** Folder of rootfs.tar.xz. */
  readonly directory: string;
  readonly meta: ReadonlyMap<string, Buffer>;
  readonly unpacked: UnpackedTree | undefined;
  /** Existing folder that passes away afterwards. */
  readonly scratch: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface BootReport {
  readonly rule: RuleReport;
  readonly boots: GateReport['boots'];
  /** Consoles of all containers, one after the other under a line with its name. */
  readonly console: string;
}

/** Boots what can be booted; refuses nothing. Throws `boot-gate-unavailable` when nothing can be booted although it must. */
export async function runBootGate(request: BootGateRequest): Promise<BootReport> {
  const reason = unwanted(request);
  if (reason !== undefined)
    return unavailable(request, [
      { mode: 'privileged', reason },
      { mode: 'unprivileged', reason },
    ]);
  const { signal } = request;
  const idMap = request.unpacked?.idMap;
  const { works, missing } = await bootHosts({ ...request, idMap, ...(signal === undefined ? {} : { signal }) });
  if (works.length === 0) return unavailable(request, missing);
  const outcomes: (BootOutcome & Pick<BootHost, 'mode'>)[] = [];
  for (const host of works) outcomes.push({ mode: host.mode, ...(await bootOn(host, request)) });
  return {
    rule: ruleReport(
      bootRule,
      outcomes.flatMap(({ findings }) => findings),
    ),
    boots: [...works.map(({ mode }) => ({ mode, outcome: 'booted' as const })), ...missing.map(skipped)],
    console: outcomes.map(({ mode, init, console }) => `== ${mode}: ${init}\n${console.trimEnd()}\n`).join('\n'),
  };
}

function unwanted({ when, native }: BootGateRequest): string | undefined {
  if (when === 'never') return 'it was not wanted';
  return native ? undefined : 'the image is for another architecture';
}

type Missing = { readonly mode: 'privileged' | 'unprivileged'; readonly reason: string };

const skipped = ({ mode, reason }: Missing) => ({ mode, outcome: 'skipped' as const, reason });

function unavailable({ when }: BootGateRequest, missing: readonly Missing[]): BootReport {
  const reasons = [...new Set(missing.map(({ reason }) => reason))];
  if (when === 'always') {
    throw new CooperError('boot-gate-unavailable', { what: 'no container can be booted here', lines: reasons });
  }
  const finding: Finding = { path: '', message: reasons.join('; '), weight: 'skipped' };
  return { rule: ruleReport(bootRule, [finding]), boots: missing.map(skipped), console: '' };
}

function bootOn(host: BootHost, request: BootGateRequest): Promise<BootOutcome> {
  const { meta, unpacked, signal } = request;
  if (host.mode === 'privileged') return bootPrivileged(host, request);
  if (unpacked === undefined) throw new TypeError('a container without a tree');
  const ids = { container: unpacked.idMap, box: workerIdMap(unpacked.idMap) };
  return bootOnce({ ...host, meta, tree: unpacked.folder, ids, ...(signal === undefined ? {} : { signal }) });
}

/** Unpacked by real root, with its device nodes; gone again afterwards, since it may be large. */
async function bootPrivileged(host: BootHost, request: BootGateRequest): Promise<BootOutcome> {
  const { meta, directory, scratch } = request;
  const signal = request.signal === undefined ? {} : { signal: request.signal };
  const folder = join(scratch, 'system');
  mkdirSync(folder, { mode: 0o755 });
  try {
    const archive = join(directory, 'rootfs.tar.xz');
    const excludes = memberLines(pickMember(meta, 'excludes', 'system'));
    const { unpacking } = await unpackAsStock({ archive, excludes, folder, idMap: 'host', ...signal });
    if (unpacking.outcome === 'failed') {
      const [line = ''] = unpacking.lines;
      return { init: '', console: '', findings: [{ path: '', message: `cannot be unpacked by root: ${line}` }] };
    }
    return await bootOnce({ ...host, meta, tree: folder, ids: 'host', ...signal });
  } finally {
    await removeForeignTree(folder, 'host');
  }
}
