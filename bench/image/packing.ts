// Packing the same root with and without what earlier packs have left, beside `tar | xz`; and four variants in one process.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison } from '../comparison.ts';
import { type Contender, type Cost, interleave, measure } from '../measured.ts';
import { compareCosts, type Result } from '../result.ts';
import { changeBetween, changedText } from './bytes.ts';
import type { RootName } from './make-root.ts';
import { plainPacking, sizeOfSources } from './plain-archive.ts';
import type { PreparedRoot } from './prepared-root.ts';
import { type ImageBed, packedImage, packing, rootOf } from './test-bed.ts';

/**
 * `image/pack/<release>/<variant>/first`, `unchanged` and `updated` (from the release to the archive of today), against all of
 * what the peer needs; `updated` also against that share of it that the changed packages have of the tar.
 */
export function packTimes(of: Omit<RootName, 'updates'>): Comparison<ImageBed> {
  const name = `image/pack/${of.release}/${of.variant}`;
  return {
    name,
    peers: ['tar+xz'],
    measure: async (bed, [peer = '']) => {
      const [before, after] = [
        await rootOf(bed, { ...of, updates: false }),
        await rootOf(bed, { ...of, updates: true }),
      ];
      const work = join(bed.folder, 'packing');
      rmSync(work, { recursive: true, force: true });
      const costs = await interleave(await sides(work, before, after), bed.options.runs, bed.options.tell);
      rmSync(work, { recursive: true, force: true });
      const plain = costs.of('tar+xz');
      const times = ['first', 'unchanged', 'updated'].flatMap((how) =>
        compareCosts(`${name}/${how}`, peer, costs.of(how), plain),
      );
      const change = changeBetween(before.plan, after.plan);
      const { packed } = await packedImage(bed, after);
      const share = (await sizeOfSources(after, change.sources)).tar / packed.rootfs.size;
      bed.options.tell(`${changedText(change)}: ${(share * 100).toFixed(2)} % of the tar`);
      return [...times, ...againstShare(`${name}/updated`, costs.of('updated'), plain, share)];
    },
  };
}

function againstShare(name: string, ours: Cost, plain: Cost, share: number): readonly Result[] {
  return compareCosts(name, 'changed-share', ours, { cpu: plain.cpu * share, wall: plain.wall * share });
}

/** The caches of the last two hold what an earlier pack has left: that of the same root, and that of the one before the update. */
async function sides(work: string, before: PreparedRoot, after: PreparedRoot): Promise<readonly Contender[]> {
  const cache = (name: string) => join(work, `cache-${name}`);
  const output = join(work, 'output');
  const pack = (name: string, roots = [after]) => packing(cache(name), output, roots);
  await measure({ argv: pack('before', [before]) });
  await measure({ argv: pack('unchanged') });
  const side = (name: string, prepare: () => void = () => undefined): Contender => ({
    name,
    prepare: () => {
      rmSync(output, { recursive: true, force: true });
      prepare();
    },
    command: () => ({ argv: pack(name) }),
  });
  return [
    { ...side('tar+xz'), command: () => ({ argv: plainPacking(after, join(output, 'rootfs.tar.xz')) }) },
    side('first', () => rmSync(cache('first'), { recursive: true, force: true })),
    side('unchanged'),
    side('updated', () => {
      rmSync(cache('updated'), { recursive: true, force: true });
      cpSync(cache('before'), cache('updated'), { recursive: true });
    }),
  ];
}

const chain = ['mini', 'default', 'large', 'full'];

/** `image/together/<release>`: all variants packed by one process, beside the largest alone. */
export function packedTogether(release: string): Comparison<ImageBed> {
  const name = `image/together/${release}`;
  return {
    name,
    peers: ['largest-alone'],
    measure: async (bed, [peer = '']) => {
      const roots: PreparedRoot[] = [];
      for (const variant of chain) roots.push(await rootOf(bed, { release, variant, updates: true }));
      const work = join(bed.folder, 'together');
      const cache = join(work, 'cache');
      const side = (of: string, packed: readonly PreparedRoot[]): Contender => ({
        name: of,
        prepare: () => rmSync(work, { recursive: true, force: true }),
        command: () => ({ argv: packing(cache, join(work, 'output'), packed) }),
      });
      const both = [side('together', roots), side(peer, roots.slice(-1))];
      const costs = await interleave(both, bed.options.runs, bed.options.tell, { warmUp: false });
      rmSync(work, { recursive: true, force: true });
      return compareCosts(name, peer, costs.of('together'), costs.of(peer));
    },
  };
}
