// Trees beside smaller ones: what a publish, a prune and a look cost when there are 28 times as many builds; and what a mirror and
// an audit cost beside the least that they have to do.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chosen, measureEach } from './comparison.ts';
import type { BenchOptions, Result } from './result.ts';
import { auditRate } from './tree/audit-rate.ts';
import { growth } from './tree/growth.ts';
import { mirrorUnchanged } from './tree/mirror-unchanged.ts';
import type { TreeBed } from './tree/test-bed.ts';

const comparisons = [growth, mirrorUnchanged, auditRate];

/** `only` is a part of `<name>/<peer>`, such as `tree/growth`. Needs no network; some gigabytes below /var/tmp. */
export async function treeBenchmark(options: BenchOptions): Promise<readonly Result[]> {
  const wanted = chosen(comparisons, options.only);
  if (wanted.length === 0) return [];
  const folder = mkdtempSync('/var/tmp/cooper-bench-');
  try {
    const bed: TreeBed = { folder: join(folder, 'bed'), options };
    return await measureEach(wanted, bed, options.tell);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
