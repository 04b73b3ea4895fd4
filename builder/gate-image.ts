// The gate of what was packed: rules of the archives, then a boot. What it said is kept beside the image, in gate.json and
// boot-console.log; neither is among the files that a repeated build has to give again.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StageReport } from '../events/index.ts';
import { readHostTraces, refuseFindings, runImageGate, writeGateReport } from '../gate/index.ts';
import type { PackedRoot } from '../image/index.ts';
import { hostArchitecture, type ResolvedImage } from '../variants/index.ts';
import type { GateSettings } from './gate-settings.ts';
import type { GatedRoot } from './product.ts';

/** A packed image. */
export interface PackedBuild {
  readonly gated: GatedRoot;
  readonly image: ResolvedImage;
  readonly rootfs: PackedRoot['rootfs'];
  /** Folder of its archives; gets gate.json and boot-console.log. */
  readonly folder: string;
  /** Is made for what is unpacked, and gone afterwards. */
  readonly scratch: string;
}

// Of a console; the whole is in the log.
const shownLines = 15;

/** Judges and boots. Throws `gate-refused` with every finding, `boot-gate-unavailable`. */
export async function gateImage(
  { gated, image, rootfs, folder, scratch }: PackedBuild,
  { boot, env }: GateSettings,
  report: StageReport,
  signal: AbortSignal,
): Promise<void> {
  const verdict = await runImageGate({
    directory: folder,
    size: rootfs.size,
    scratch,
    withRoot: false,
    unpack: true,
    host: await readHostTraces(),
    waivers: image.waivers,
    boot,
    native: image.architecture === hostArchitecture(),
    env,
    signal,
  });
  report.addCpu(verdict.cpuSeconds);
  const lines = verdict.console.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines) report.output(line);
  for (const notice of verdict.notices) report.notice(notice);
  refuseFindings(verdict.rules, lines.slice(-shownLines));
  if (verdict.console !== '') writeFileSync(join(folder, 'boot-console.log'), verdict.console);
  writeGateReport(folder, {
    rootfs: rootfs.sha256,
    rules: [...gated.verdict.rules, ...verdict.rules],
    privileged: gated.verdict.privileged,
    waivers: image.waivers,
    boots: verdict.boots,
  });
}
