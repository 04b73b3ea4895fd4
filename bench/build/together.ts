// The roots of four variants in one run beside the roots of single ones: what lies below is built once.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contender, interleave, sum } from '../measured.ts';
import { compareCosts } from '../result.ts';
import type { Place } from './places.ts';
import { type BuildComparison, imageOf, type TestBed } from './test-bed.ts';

const chain = ['mini', 'default', 'large', 'full'];
const program = fileURLToPath(new URL('./roots.js', import.meta.url));

/** `build/together/<file system>`: against `largest-alone` and against `each-alone`, the sum of all four. */
export function together(place: Place): BuildComparison {
  const name = `build/together/${place.type}`;
  return {
    name,
    peers: ['largest-alone', 'each-alone'],
    variants: chain,
    measure: async (bed, peers) => {
      const work = mkdtempSync(join(place.path, 'cooper-bench-roots-'));
      const alone = peers.includes('each-alone') ? chain : ['full'];
      const sides = [
        roots(bed, work, 'together', chain),
        ...alone.map((variant) => roots(bed, work, variant, [variant])),
      ];
      try {
        const costs = await interleave(sides, bed.options.runs, bed.options.tell);
        const peer = (of: string) =>
          of === 'each-alone' ? sum(chain.map((each) => costs.of(each))) : costs.of('full');
        return peers.flatMap((each) => compareCosts(name, each, costs.of('together'), peer(each)));
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    },
  };
}

function roots({ home, url }: TestBed, work: string, name: string, variants: readonly string[]): Contender {
  return { name, command: () => ({ argv: [process.execPath, program, home, url, work, ...variants.map(imageOf)] }) };
}
