// cooper diff: what is different between two builds, and how much somebody who has the first downloads for the second.

import { join } from 'node:path';
import type { FinishedBuild } from '../../builder/index.ts';
import {
  compareArchives,
  type EncodingName,
  encodingNames,
  type Manifest,
  missingBlocks,
  segmentedArchives,
} from '../../image/index.ts';
import { imageName } from '../../variants/index.ts';
import { readPackages } from '../build-documents.ts';
import { countChanges, type PackageChange, packageChanges } from '../ci/package-changes.ts';
import { type CommandContext, printResult } from '../context.ts';
import { findBuild } from '../published-build.ts';
import { formatBytes } from '../render.ts';

interface DiffOptions {
  readonly definitions?: string;
  readonly channel?: string;
  readonly files?: boolean;
}

/** Both are published images or folders of builds. */
export async function diff(context: CommandContext, one: string, other: string, options: DiffOptions): Promise<number> {
  const before = await findBuild(context.home.tree, one, options);
  const after = await findBuild(context.home.tree, other, options);
  const packages = changedPackages(before, after);
  const download = downloadOf(before, after);
  const entries = options.files === true ? await entriesOf(before, after) : undefined;
  const document = {
    from: shownName(before),
    to: shownName(after),
    ...(packages && { packages }),
    download,
    ...(entries && { entries }),
  };
  const lines = [
    `${document.from} → ${document.to}`,
    `packages: ${packages === undefined ? 'not known, an image came without a list' : countChanges(packages)}`,
    ...(packages ?? []).map(({ name, before: was, now }) => `  ${name} ${was ?? '(none)'} → ${now ?? '(none)'}`),
    downloadLine(download),
    ...(entries ?? []).map((line) => `  ${line}`),
  ];
  printResult(context, document, `${lines.join('\n')}\n`);
  return 0;
}

/** Undefined when one of them does not tell its packages. */
function changedPackages(before: FinishedBuild, after: FinishedBuild): readonly PackageChange[] | undefined {
  const [was, is] = [readPackages(before.directory), readPackages(after.directory)];
  return was === undefined || is === undefined ? undefined : packageChanges(was, is);
}

interface ArchiveDownload {
  readonly bytes: number;
  readonly whole: number;
  readonly segments: number;
  readonly of: number;
}

/** Of rootfs.tar.xz; and of rootfs.tar.zst, where there is one. */
interface Download extends ArchiveDownload {
  readonly zst?: ArchiveDownload;
}

function downloadOf({ manifest: before }: FinishedBuild, { manifest: after }: FinishedBuild): Download {
  const [xz, zst] = encodingNames.map((name) => archiveDownload(name, before, after));
  // A build that was not cut into segments is fetched whole.
  const whole = after.files['rootfs.tar.xz']?.size ?? 0;
  const download = xz ?? { bytes: whole, whole, segments: 1, of: 1 };
  return zst === undefined ? download : { ...download, zst };
}

function archiveDownload(name: EncodingName, before: Manifest, after: Manifest): ArchiveDownload | undefined {
  const [had, wanted] = [before, after].map((each) =>
    segmentedArchives(each).find(({ encoding }) => encoding === name),
  );
  if (wanted === undefined) return undefined;
  const { segments, bytes } = missingBlocks(wanted.segments, had?.segments ?? []);
  return { bytes, whole: wanted.digest.size, segments: segments.length, of: wanted.segments.length };
}

function downloadLine({ bytes, whole, segments, of, zst }: Download): string {
  const other = zst === undefined ? '' : `; of rootfs.tar.zst ${formatBytes(zst.bytes)} of ${formatBytes(zst.whole)}`;
  return `download: ${formatBytes(bytes)} of ${formatBytes(whole)} (${segments} of ${of} segments)${other}`;
}

function entriesOf(before: FinishedBuild, after: FinishedBuild): Promise<readonly string[]> {
  const limit = Math.max(before.manifest.rootfs.size, after.manifest.rootfs.size);
  const [one, other] = [before, after].map(({ directory }) => join(directory, 'rootfs.tar.xz'));
  return compareArchives(one ?? '', other ?? '', limit);
}

function shownName({ manifest }: FinishedBuild): string {
  return `${imageName(manifest)} ${manifest.build}`;
}
