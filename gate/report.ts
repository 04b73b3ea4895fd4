// From what rules found to a verdict: what is refused, what a waiver covers, what is only told. Pure but for the throw.

import { CooperError } from '../errors/index.ts';
import { shownPath } from './root-view.ts';
import type { Finding, RuleContext, RuleFor } from './rule.ts';
import { type WaivedFinding, type Waiver, waiverFor } from './waiver.ts';

/** What one rule found. */
export interface RuleReport {
  readonly code: string;
  readonly title: string;
  /** Breaches that nothing covers; none when the rule is kept. */
  readonly findings: readonly Finding[];
  readonly waived: readonly WaivedFinding[];
  readonly notes: readonly Finding[];
  /** Why the rule was not judged. */
  readonly skipped?: string;
}

/** Judges a subject by every rule, in their order. A file too large to be read is a finding of the rule that had to read it. */
export function judge<Subject>(
  subject: Subject,
  context: RuleContext,
  rules: readonly RuleFor<Subject>[],
): readonly RuleReport[] {
  return rules.map((rule) => ruleReport(rule, findingsOf(rule, subject, context)));
}

/** Sorts what a rule said. */
export function ruleReport({ code, title }: Pick<RuleReport, 'code' | 'title'>, said: readonly Finding[]): RuleReport {
  const skipped = said.find(({ weight }) => weight === 'skipped');
  return {
    code,
    title,
    findings: said.filter(({ weight }) => weight === undefined),
    waived: [],
    notes: said.filter(({ weight }) => weight === 'note'),
    ...(skipped === undefined ? {} : { skipped: skipped.message }),
  };
}

function findingsOf<Subject>(rule: RuleFor<Subject>, subject: Subject, context: RuleContext): readonly Finding[] {
  try {
    return rule.check(subject, context);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ path: '', message: `cannot be judged: ${error.message}` }];
  }
}

/** The reports with covered findings moved to `waived`, and the waivers of these rules that covered nothing. */
export function applyWaivers(
  reports: readonly RuleReport[],
  waivers: readonly Waiver[],
): { readonly reports: readonly RuleReport[]; readonly unused: readonly Waiver[] } {
  const used = new Set<Waiver>();
  const waive = (code: string, finding: Finding): readonly WaivedFinding[] => {
    const waiver = waiverFor(code, finding, waivers);
    if (waiver === undefined) return [];
    used.add(waiver);
    return [{ ...finding, reason: waiver.reason }];
  };
  const judged = reports.map((report) => {
    const waived = report.findings.flatMap((finding) => waive(report.code, finding));
    const kept = report.findings.filter((finding) => waiverFor(report.code, finding, waivers) === undefined);
    return { ...report, findings: kept, waived };
  });
  const codes = new Set(reports.filter(({ skipped }) => skipped === undefined).map(({ code }) => code));
  return { reports: judged, unused: waivers.filter((waiver) => codes.has(waiver.rule) && !used.has(waiver)) };
}

/** A finding as one line. */
export function findingLine(code: string, { path, message }: Finding): string {
  return `${code}: ${shownPath(path)} ${message}`;
}

/** Everything that is worth a line although nothing is refused: notes, skipped rules, waivers that covered nothing. */
export function noticesOf(reports: readonly RuleReport[], unused: readonly Waiver[]): string[] {
  return [
    ...reports.flatMap(({ code, notes }) => notes.map((note) => findingLine(code, note))),
    ...reports.flatMap(({ code, skipped }) => (skipped === undefined ? [] : [`${code}: not judged: ${skipped}`])),
    ...reports.flatMap(({ code, waived }) =>
      waived.map((finding) => `${findingLine(code, finding)} (waived: ${finding.reason})`),
    ),
    ...unused.map(({ rule, reason }) => `the waiver of ${rule} (${reason}) covers nothing`),
  ];
}

// More lines say no more.
const mostLines = 50;

/** Throws `gate-refused` with a line for each finding (at most 50) when a rule found something. `extra`: lines after them. */
export function refuseFindings(reports: readonly RuleReport[], extra: readonly string[] = []): void {
  const broken = reports.filter(({ findings }) => findings.length > 0);
  if (broken.length === 0) return;
  const lines = broken.flatMap(({ code, findings }) => findings.map((finding) => findingLine(code, finding)));
  const more = lines.length > mostLines ? [`… and ${lines.length - mostLines} more`] : [];
  throw new CooperError('gate-refused', {
    what: `the image breaks ${broken.length === 1 ? 'a rule' : `${broken.length} rules`} of the gate: ${broken.map(({ code }) => code).join(', ')}`,
    lines: [...lines.slice(0, mostLines), ...more, ...extra],
  });
}
