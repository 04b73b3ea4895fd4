// The gate of a packed image: rules of its archives, then a boot. Used by builds, which have judged the root before, and
// on its own for images that are there already.

import { mkdirSync } from 'node:fs';
import { type GateReport, removeForeignTree } from '../image/index.ts';
import { workerIdMap } from '../native/index.ts';
import { type BootChoice, runBootGate } from './boot/run.ts';
import { judgeImage } from './judge-image.ts';
import type { PrivilegedFile } from './privileged-files.ts';
import { applyWaivers, findingLine, noticesOf, type RuleReport } from './report.ts';
import type { RuleContext } from './rule.ts';
import type { Waiver } from './waiver.ts';

/** An image and how it is judged. */
export interface ImageGateRequest extends RuleContext {
  /** Folder of rootfs.tar.xz and meta.tar.xz. */
  readonly directory: string;
  /** Bytes of the tar inside rootfs.tar.xz. */
  readonly size: number;
  /** Folder for what is unpacked; is made, and gone afterwards. Container roots have to be able to enter it. */
  readonly scratch: string;
  /** Also by the rules of a root: not needed when the root was judged before it was packed. */
  readonly withRoot: boolean;
  /** Whether a stock client is tried: it needs subordinate ids. Without it there is no unprivileged boot. */
  readonly unpack: boolean;
  readonly waivers: readonly Waiver[];
  readonly boot: BootChoice;
  /** Whether this machine runs programs of the image's architecture. */
  readonly native: boolean;
  /** Where LXC's programs are looked for, and where its user is at home. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** What was found. */
export interface ImageVerdict {
  readonly rules: readonly RuleReport[];
  /** Empty unless the root was judged too. */
  readonly privileged: readonly PrivilegedFile[];
  readonly boots: GateReport['boots'];
  /** What the containers showed while they booted. */
  readonly console: string;
  /** What the user should read although nothing is refused. */
  readonly notices: readonly string[];
  readonly cpuSeconds: number;
}

/**
 * Judges by every rule; refuses nothing (refuseFindings does). A boot is not tried when something was refused before.
 * Throws `metadata-invalid`, `archive-*`, `boot-gate-unavailable`; the reason of the signal.
 */
export async function runImageGate(request: ImageGateRequest): Promise<ImageVerdict> {
  const { host, baseline, scratch, waivers } = request;
  mkdirSync(scratch, { mode: 0o755 });
  const context = baseline === undefined ? { host } : { host, baseline };
  const judged = await judgeImage({ ...request, context });
  try {
    const before = applyWaivers(judged.rules, waivers);
    const broken = before.reports.some(({ findings }) => findings.length > 0);
    const booted = await runBootGate({ ...request, ...judged, when: broken ? 'never' : request.boot });
    const after = applyWaivers([booted.rule], waivers);
    const rules = [...before.reports, ...after.reports];
    return {
      rules,
      privileged: judged.privileged,
      boots: booted.boots,
      console: booted.console,
      notices: [...noticesOf(rules, [...before.unused, ...after.unused]), ...skippedBoots(booted.boots)],
      cpuSeconds: judged.cpuSeconds,
    };
  } finally {
    const { unpacked } = judged;
    if (unpacked !== undefined) await removeForeignTree(unpacked.folder, workerIdMap(unpacked.idMap));
    await removeForeignTree(scratch, 'host');
  }
}

/** One kind of container booted, the other did not. */
function skippedBoots(boots: GateReport['boots']): string[] {
  if (boots.every(({ outcome }) => outcome === 'skipped')) return [];
  return boots.flatMap(({ mode, reason }) =>
    reason === undefined ? [] : [findingLine('boot', { path: '', message: `not booted ${mode}: ${reason}` })],
  );
}
