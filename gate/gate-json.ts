// Writes and reads gate.json, the report of a gate that a build has passed.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../errors/index.ts';
import { type GateReport, gateReportSchema, writeDocument } from '../image/index.ts';
import type { PrivilegedFile } from './privileged-files.ts';
import type { RuleReport } from './report.ts';
import { shownPath } from './root-view.ts';
import type { Finding } from './rule.ts';
import type { Waiver } from './waiver.ts';

/** What a report tells. */
export interface Passed {
  /** SHA-256 of the tar inside rootfs.tar.xz. */
  readonly rootfs: string;
  readonly rules: readonly RuleReport[];
  readonly privileged: readonly PrivilegedFile[];
  readonly waivers: readonly Waiver[];
  readonly boots: GateReport['boots'];
}

const fileName = 'gate.json';

/** Writes `<directory>/gate.json` by temporary file and rename. No rule may have findings left. */
export function writeGateReport(directory: string, passed: Passed): void {
  if (passed.rules.some(({ findings }) => findings.length > 0)) throw new TypeError('the gate was not passed');
  writeDocument(join(directory, fileName), gateReportSchema, {
    schemaVersion: 1,
    kind: 'cooper.gate',
    rootfs: passed.rootfs,
    rules: passed.rules.map(ruleEntry),
    waivers: passed.waivers.map(({ rule, reason, paths }) => ({ rule, reason, paths: [...paths] })),
    privileged: passed.privileged.map(({ path, grants, ...owner }) => ({
      path: shownPath(path),
      grants: [...grants],
      ...owner,
    })),
    boots: passed.boots,
  });
}

function ruleEntry({ code, skipped, waived, notes }: RuleReport): GateReport['rules'][number] {
  const outcome = waived.length > 0 ? 'waived' : 'kept';
  return {
    code,
    outcome: skipped === undefined ? outcome : 'skipped',
    ...(skipped === undefined ? {} : { reason: skipped }),
    waived: waived.map((finding) => ({ ...entry(finding), reason: finding.reason })),
    notes: notes.map(entry),
  };
}

const entry = ({ path, message }: Finding) => ({ path: shownPath(path), message });

/** The report of the build in `directory`; undefined when there is none that this version can read. */
export async function readGateReport(directory: string): Promise<GateReport | undefined> {
  try {
    const document: unknown = JSON.parse(await readFile(join(directory, fileName), 'utf8'));
    return gateReportSchema.safeParse(document).data;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
