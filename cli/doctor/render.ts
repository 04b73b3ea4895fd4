// How findings look to people: one line each, and under a fault why it matters and what to do. Pure.

import { plainText } from '../../events/index.ts';
import type { Paint } from '../paint.ts';
import { wrapAdvice, wrapText } from '../wrap.ts';
import type { Finding, Level } from './finding.ts';
import { worstLevel } from './judge/judge.ts';

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** Blanks before what is seen: behind the level and the name of the check. */
const indent = 6;

/** The text of all findings and of what they come to; lines of at most `columns`, longer words apart. */
export function renderFindings(findings: readonly Finding[], columns: number, paint: Paint): string {
  const last = wrapText(summary(findings), { columns, first: '', rest: '' });
  return [...findings.flatMap((finding) => linesOf(finding, columns, paint)), '', ...last, ''].join('\n');
}

function linesOf(finding: Finding, columns: number, paint: Paint): string[] {
  const { level, check, seen } = finding;
  const code = finding.level === 'ok' ? '' : ` [${finding.code}]`;
  const [first = '', ...rest] = block(`${check}: ${plainText(seen)}${code}`, columns);
  const head = `${paint(colours[level], level.padEnd(indent - 2))}  ${first.trimStart()}`;
  if (finding.level === 'ok') return [head, ...rest];
  const fix = wrapAdvice(plainText(finding.fix), {
    columns,
    first: `${' '.repeat(indent)}fix: `,
    rest: ' '.repeat(indent + 2),
  });
  return [head, ...rest, ...block(finding.why, columns), ...fix];
}

function block(text: string, columns: number): string[] {
  return wrapText(text, { columns, first: ' '.repeat(indent), rest: ' '.repeat(indent) });
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  if (worstLevel(findings) === 'ok') return 'All is well.';
  const [fails, warns] = [count('fail'), count('warn')];
  const faults = [...(fails > 0 ? [`${fails} to be mended`] : []), ...(warns > 0 ? [`${warns} to be looked at`] : [])];
  return `${faults.join(', ')}.`;
}
