// Images beside `tar | xz`: how large they are, what packing them costs and what of it is saved when little or nothing has changed,
// what clients download, and how fast they unpack. The roots are Debian's, without and with updates.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encodingNames } from '../image/index.ts';
import { chosen, measureEach } from './comparison.ts';
import { archiveSize, updateBytes, variantBelow } from './image/bytes.ts';
import { creating } from './image/create.ts';
import { decoding } from './image/decode.ts';
import { packedTogether, packTimes } from './image/packing.ts';
import type { ImageBed } from './image/test-bed.ts';
import type { BenchOptions, Result } from './result.ts';

/** The rule of segments was found with the first of them. */
const pairs = [
  { release: 'bookworm', variant: 'default' },
  { release: 'trixie', variant: 'default' },
  { release: 'bookworm', variant: 'large' },
];
const sizes = [...pairs, { release: 'bookworm', variant: 'mini' }, { release: 'bookworm', variant: 'full' }];

const comparisons = [
  ...sizes.map(archiveSize),
  ...pairs.map(updateBytes),
  ...['bookworm', 'trixie'].map(variantBelow),
  ...pairs.map(packTimes),
  packedTogether('bookworm'),
  decoding('bookworm'),
  ...encodingNames.map((encoding) => creating('bookworm', encoding)),
];

/**
 * `only` is a part of `<name>/<peer>`, such as `image/pack/bookworm/default`. Needs real root and the network: what an image consists
 * of comes from Debian's mirror. With COOPER_BENCH_FOLDER roots, packages and sizes stay there for the next run.
 */
export async function imageBenchmark(options: BenchOptions): Promise<readonly Result[]> {
  const wanted = chosen(comparisons, options.only);
  if (wanted.length === 0) return [];
  const kept = process.env.COOPER_BENCH_FOLDER || undefined;
  const folder = kept === undefined ? mkdtempSync('/var/tmp/cooper-bench-') : resolve(kept);
  mkdirSync(folder, { recursive: true });
  try {
    const bed: ImageBed = { folder, home: join(folder, 'home'), options };
    return await measureEach(wanted, bed, options.tell);
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
