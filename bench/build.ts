// Builds by Cooper beside mmdebstrap and debootstrap: the same packages out of one mirror on this machine, each as a directory on
// the same file system, as root; four variants in one run beside each alone; and the run that finds nothing changed.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture, openImage } from '../variants/index.ts';
import { makeMirror, serveMirror } from './build/mirror.ts';
import { fileSystems } from './build/places.ts';
import { sameSet } from './build/same-set.ts';
import type { BuildComparison, TestBed } from './build/test-bed.ts';
import { together } from './build/together.ts';
import { unchanged } from './build/unchanged.ts';
import { chosen, measureEach } from './comparison.ts';
import type { BenchOptions, Result } from './result.ts';

function comparisons(): readonly BuildComparison[] {
  const places = fileSystems();
  const sets = ['mini', 'default'].flatMap((variant) => places.map((place) => sameSet(variant, place)));
  return [...sets, ...places.map(together), unchanged];
}

/** `only` is a part of `<name>/<peer>`, such as `build/mini/tmpfs/mmdebstrap`. Needs real root and the peers. */
export async function buildBenchmark(options: BenchOptions): Promise<readonly Result[]> {
  const wanted = chosen(comparisons(), options.only);
  if (wanted.length === 0) return [];
  const folder = mkdtempSync('/var/tmp/cooper-bench-');
  try {
    const bed = await makeTestBed(folder, [...new Set(wanted.flatMap(({ variants }) => variants))], options);
    const results = await measureEach(wanted, bed, options.tell);
    bed.close();
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeTestBed(folder: string, variants: readonly string[], options: BenchOptions) {
  const names = variants.map((variant) => `debian/bookworm/${hostArchitecture()}/${variant}`);
  const images = await Promise.all(names.map((name) => openImage(name)));
  options.tell('fetching what the images consist of');
  const home = join(folder, 'home');
  const mirror = join(folder, 'mirror');
  const sets = await makeMirror(mirror, join(home, 'cache'), images);
  const server = await serveMirror(mirror);
  const bed: TestBed = { folder, home, mirror, url: server.url, sets, options };
  return { ...bed, close: server.close };
}
