// Containers by `cooper create` beside `lxc-create -t download`: the same images from the same https server, as root and as an ordinary
// user; with nothing on the machine, with the image in the cache, and with the build before it there; on disk and in memory.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { encodingNames } from '../image/index.ts';
import { fileSystems } from './build/places.ts';
import { chosen, measureEach } from './comparison.ts';
import { containers, type Setting } from './create/containers.ts';
import { states } from './create/state.ts';
import { type CreateBed, callerNames, openBed } from './create/test-bed.ts';
import type { BenchOptions, Result } from './result.ts';

function settings(): readonly Setting[] {
  return ['mini', 'default'].flatMap((variant) =>
    fileSystems().flatMap((place) =>
      callerNames.flatMap((caller) =>
        states.flatMap((state) => encodingNames.map((encoding) => ({ variant, place, caller, state, encoding }))),
      ),
    ),
  );
}

/**
 * `only` is a part of `<name>/<peer>`, such as `create/default/tmpfs/root/cold/zst`. Needs real root, LXC and the network: the images are
 * built from Debian's mirror. With COOPER_BENCH_FOLDER they stay there for the next run.
 */
export async function createBenchmark(options: BenchOptions): Promise<readonly Result[]> {
  const comparisons = settings().map((setting) => ({ ...containers(setting), setting }));
  const wanted = chosen(comparisons, options.only);
  if (wanted.length === 0) return [];
  const kept = process.env.COOPER_BENCH_FOLDER || undefined;
  const folder = kept === undefined ? mkdtempSync('/var/tmp/cooper-bench-') : resolve(kept);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  let bed: CreateBed | undefined;
  try {
    bed = await openBed(folder, [...new Set(wanted.map(({ setting }) => setting.variant))], options);
    return await measureEach(wanted, bed, options.tell);
  } finally {
    await bed?.close();
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
