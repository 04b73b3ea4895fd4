// Whether a rebuild gave what was published: every file that the same inputs must give again, by its digest.

import { join } from 'node:path';
import type { FinishedBuild } from '../builder/index.ts';
import { CooperError } from '../errors/index.ts';
import { compareArchives, type Manifest } from '../image/index.ts';

/** They tell of one run, not of the image: times, messages, what the machine could judge. */
const ofTheRun: ReadonlySet<string> = new Set(['build.log', 'gate.json', 'boot-console.log']);

// More lines say no more.
const mostLines = 50;

/** Throws `rebuild-differs` with what differs; `folder` holds the files of the rebuild. */
export async function requireSameBuild(published: FinishedBuild, manifest: Manifest, folder: string): Promise<void> {
  const names = [...new Set([...Object.keys(published.manifest.files), ...Object.keys(manifest.files)])].sort();
  const different = names.filter(
    (name) => !ofTheRun.has(name) && published.manifest.files[name]?.sha256 !== manifest.files[name]?.sha256,
  );
  if (different.length === 0) return;
  const lines = different.map((name) => fileLine(name, published.manifest, manifest));
  const rootfs = 'rootfs.tar.xz';
  if (different.includes(rootfs)) {
    const limit = Math.max(published.manifest.rootfs.size, manifest.rootfs.size);
    lines.push(...(await compareArchives(join(published.directory, rootfs), join(folder, rootfs), limit)));
  }
  const more = lines.length > mostLines ? [`… and ${lines.length - mostLines} more`] : [];
  throw new CooperError('rebuild-differs', {
    what: `the rebuild of ${published.directory} gave other bytes`,
    lines: [...lines.slice(0, mostLines), ...more],
  });
}

function fileLine(name: string, before: Manifest, after: Manifest): string {
  const of = (manifest: Manifest) => manifest.files[name]?.sha256.slice(0, 16) ?? 'not there';
  return `${name}: published ${of(before)}, rebuilt ${of(after)}`;
}
