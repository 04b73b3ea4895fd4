// The same set of packages by Cooper, mmdebstrap and debootstrap. Ours includes the start of node, the verified indices, the
// resolver, the definition's files and actions and the gate.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sourceOf } from '../../variants/index.ts';
import { type Contender, interleave } from '../measured.ts';
import { compareCosts } from '../result.ts';
import type { ImagePackages } from './mirror.ts';
import { type Place, removeAndSettle } from './places.ts';
import { type BuildComparison, cooper, imageOf, mmdebstrap, packagesOf, type TestBed } from './test-bed.ts';

/** `build/<variant>/<file system>`. */
export function sameSet(variant: string, place: Place): BuildComparison {
  const name = `build/${variant}/${place.type}`;
  return {
    name,
    peers: ['mmdebstrap', 'debootstrap'],
    variants: [variant],
    measure: async (bed, peers) => {
      const work = mkdtempSync(join(place.path, 'cooper-bench-target-'));
      const target = join(work, 'root');
      const prepare = () => removeAndSettle([target], place);
      const set = packagesOf(bed, variant);
      const sides = [ours(bed, variant, target), mmdebstrap(bed, set, target), debootstrap(bed, set, target)]
        .filter((side) => side.name === 'cooper' || peers.includes(side.name))
        .map((side) => ({ ...side, prepare }));
      try {
        const costs = await interleave(sides, bed.options.runs, bed.options.tell);
        return peers.flatMap((peer) => compareCosts(name, peer, costs.of('cooper'), costs.of(peer)));
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    },
  };
}

function ours(bed: TestBed, variant: string, target: string): Contender {
  return { name: 'cooper', command: () => ({ argv: cooper(bed, 'rootfs', imageOf(variant), target) }) };
}

// It takes what the archive calls required, whether the definition wants it or not.
function debootstrap({ mirror }: TestBed, { image, names, required }: ImagePackages, target: string): Contender {
  const superfluous = required.filter((name) => !names.includes(name));
  const suites = sourceOf(image, 'debian').suites.map(({ name }) => name);
  const options = ['--variant=minbase', `--include=${names.join(',')}`, `--exclude=${superfluous.join(',')}`];
  options.push(`--extra-suites=${suites.slice(1).join(',')}`, `--arch=${image.architecture}`);
  return {
    name: 'debootstrap',
    command: () => ({ argv: ['debootstrap', ...options, image.release, target, `file://${mirror}`] }),
  };
}
