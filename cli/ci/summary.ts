// The summary of a build in Markdown: for each image what became of it, its size and packages against the build that was
// published before, the gate, and where the time went. Pure: everything is handed in.

import { CooperError } from '../../errors/index.ts';
import { plainText } from '../../events/index.ts';
import { formatBytes } from '../render.ts';
import { formatSeconds } from '../watch/words.ts';
import type { ImageRun } from './image-runs.ts';
import { codeBlock, folded, inlineCode, table, words } from './markdown.ts';
import { countChanges, type ListedPackage, type PackageChange, packageChanges } from './package-changes.ts';

/** What the documents of one build say. */
export interface BuildFacts {
  readonly build: string;
  /** Bytes of rootfs.tar.xz. */
  readonly packed: number;
  /** Bytes of the tar inside. */
  readonly unpacked: number;
  readonly packages: readonly ListedPackage[];
}

/** One image: the run, the build that was published before it, and the one that it made or found unchanged. */
export interface SummarizedImage {
  readonly run: ImageRun;
  readonly before: BuildFacts | undefined;
  readonly now: BuildFacts | undefined;
}

/** Package changes that are listed for one image; GitHub takes at most 1 MiB of summary. */
const mostChanges = 200;

/** The whole summary, ending in a newline. */
export function summaryMarkdown(images: readonly SummarizedImage[]): string {
  const heads = ['image', 'build', 'result', 'gate', 'rootfs.tar.xz', 'unpacked', 'packages', 'time'];
  const parts = ['## Cooper: images', table(heads, images.map(row)), ...images.flatMap(details)];
  return `${parts.join('\n\n')}\n`;
}

function row({ run, before, now }: SummarizedImage): string[] {
  return [
    inlineCode(run.image),
    inlineCode(now?.build ?? ''),
    result(run),
    gate(run),
    size(now?.packed, before?.packed),
    size(now?.unpacked, before?.unpacked),
    packages(before, now),
    formatSeconds(run.seconds),
  ];
}

function result({ outcome }: ImageRun): string {
  if (!(outcome instanceof CooperError)) return outcome.status;
  return `**failed**: ${inlineCode(outcome.code)}`;
}

function gate({ outcome, stages }: ImageRun): string {
  const stage = stages.find(({ name }) => name === 'gate');
  if (stage !== undefined) return stage.ok ? 'passed' : '**refused**';
  return outcome instanceof CooperError ? 'not reached' : '';
}

function size(now: number | undefined, before: number | undefined): string {
  if (now === undefined) return '';
  if (before === undefined || before === now) return formatBytes(now);
  const sign = now > before ? '+' : '−';
  return `${formatBytes(now)} (${sign}${formatBytes(Math.abs(now - before))})`;
}

function packages(before: BuildFacts | undefined, now: BuildFacts | undefined): string {
  if (now === undefined) return '';
  const count = String(now.packages.length);
  return before === undefined ? count : `${count}: ${countChanges(packageChanges(before.packages, now.packages))}`;
}

function details({ run, before, now }: SummarizedImage): string[] {
  const parts: string[] = [];
  if (run.outcome instanceof CooperError) parts.push(failure(run.outcome));
  const changes = before === undefined || now === undefined ? [] : packageChanges(before.packages, now.packages);
  if (changes.length > 0)
    parts.push(`Packages against the build ${inlineCode(before?.build ?? '')}:`, changed(changes));
  if (run.stages.length > 0) parts.push(folded('Stages', stageTable(run)));
  return parts.length === 0 ? [] : [`### ${words(run.image)}`, ...parts];
}

function failure({ code, message, lines, next }: CooperError): string {
  return codeBlock([`${message} [${code}]`, ...lines.map((line) => `| ${plainText(line)}`), `next: ${next}`]);
}

function changed(changes: readonly PackageChange[]): string {
  const rows = changes
    .slice(0, mostChanges)
    .map(({ name, before, now }) => [
      inlineCode(name),
      inlineCode(before ?? '') || 'added',
      inlineCode(now ?? '') || 'removed',
    ]);
  const rest = changes.length - rows.length;
  return `${table(['package', 'before', 'now'], rows)}${rest > 0 ? `\n\nand ${rest} more` : ''}`;
}

function stageTable({ stages }: ImageRun): string {
  const rows = stages.map(({ name, seconds, cpuSeconds, ok }) => [
    words(ok ? name : `${name} (failed)`),
    `${seconds.toFixed(1)} s`,
    `${cpuSeconds.toFixed(1)} s`,
  ]);
  return table(['stage', 'time', 'CPU'], rows);
}
