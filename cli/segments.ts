// The segments of a published image for people: what is in them, how large they are, and which of them the build before it
// has as well.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, manifestSchema, type Segment } from '../image/index.ts';
import { imageName } from '../variants/index.ts';
import { formatBytes } from './render.ts';

/** The segments of one image. */
export interface ShownSegments {
  readonly image: string;
  readonly build: string;
  readonly segments: readonly (Segment & { readonly reused: boolean })[];
}

/** `previous`: folder of the build before it. */
export function shownSegments(manifest: Manifest, previous: string | undefined): ShownSegments {
  const before = previous === undefined ? [] : segmentsIn(previous);
  const there = new Set(before.map(({ block }) => block.sha256));
  const segments = (manifest.rootfs.segments ?? []).map((segment) => ({
    ...segment,
    reused: there.has(segment.block.sha256),
  }));
  return { image: imageName(manifest), build: manifest.build, segments };
}

function segmentsIn(directory: string): readonly Segment[] {
  const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8')));
  return manifest.success ? (manifest.data.rootfs.segments ?? []) : [];
}

/** A line a segment, in the order of the archive. */
export function segmentsText({ image, build, segments }: ShownSegments): string {
  const rows = segments.map(({ layer, size, block, reused, name }) => [
    String(layer),
    formatBytes(size),
    formatBytes(block.size),
    reused ? 'reused' : 'new',
    name,
  ]);
  const table = [['layer', 'tar', 'block', '', 'what'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => {
    return row.map((cell, column) =>
      column < 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
  });
  const total = segments.reduce((sum, { block }) => sum + block.size, 0);
  const reused = segments.filter((segment) => segment.reused).length;
  const head = `${image} ${build}: ${segments.length} segments, ${formatBytes(total)}, ${reused} as in the build before`;
  return `${head}\n${lines.map((cells) => `  ${cells.join('  ').trimEnd()}\n`).join('')}`;
}
