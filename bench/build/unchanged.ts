// The scheduled run that finds nothing new: `cooper build` of what is published already, beside a peer that has to build to know.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { interleave, measure } from '../measured.ts';
import { compareCosts } from '../result.ts';
import { type BuildComparison, cooper, imageOf, mmdebstrap, packagesOf } from './test-bed.ts';

const name = 'build/unchanged';

/** `build/unchanged`. */
export const unchanged: BuildComparison = {
  name,
  peers: ['mmdebstrap'],
  variants: ['mini'],
  measure: async (bed) => {
    const { folder, options } = bed;
    const target = join(folder, 'target');
    const argv = cooper(bed, 'build', imageOf('mini'));
    options.tell('building what is not to be built again');
    await measure({ argv: [...argv, '--boot-gate', 'never'] });
    const peer = { ...mmdebstrap(bed, packagesOf(bed, 'mini'), target) };
    const sides = [
      { name: 'cooper', command: () => ({ argv: [...argv, '--fail-if-unchanged'], status: 4 }) },
      { ...peer, prepare: () => rmSync(target, { recursive: true, force: true }) },
    ];
    const costs = await interleave(sides, options.runs, options.tell);
    return compareCosts(name, 'mmdebstrap', costs.of('cooper'), costs.of('mmdebstrap'));
  },
};
