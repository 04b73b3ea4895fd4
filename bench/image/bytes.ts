// Comparisons of bytes: of whole archives, of what a client downloads for an update, and for a variant below the one that it has.

import { missingBlocks } from '../../image/index.ts';
import type { Comparison } from '../comparison.ts';
import { compareBytes } from '../result.ts';
import { type Change, changeOf } from './changed.ts';
import type { RootName } from './make-root.ts';
import { plainSize, sizeOfSources } from './plain-archive.ts';
import type { PackPlan } from './prepared-root.ts';
import { type ImageBed, packedImage, rootOf } from './test-bed.ts';

/** `image/size/<release>/<variant>`: the archive of today. */
export function archiveSize(of: Omit<RootName, 'updates'>): Comparison<ImageBed> {
  const name = `image/size/${of.release}/${of.variant}`;
  return {
    name,
    peers: ['tar+xz'],
    measure: async (bed, [peer = '']) => {
      const root = await rootOf(bed, { ...of, updates: true });
      const { packed } = await packedImage(bed, root);
      return [compareBytes(name, peer, packed.file.size, await plainSize(root))];
    },
  };
}

/** Bytes that the changed packages may need besides: directories, and what no package has. */
const besides = 500_000;

/** `image/update/<release>/<variant>`: from the release to the archive of today. */
export function updateBytes(of: Omit<RootName, 'updates'>): Comparison<ImageBed> {
  const name = `image/update/${of.release}/${of.variant}`;
  return {
    name,
    peers: ['changed-packages', 'whole-file'],
    measure: async (bed, peers) => {
      const [before, after] = [
        await rootOf(bed, { ...of, updates: false }),
        await rootOf(bed, { ...of, updates: true }),
      ];
      const [had, wanted] = [await packedImage(bed, before), await packedImage(bed, after)];
      const missing = missingBlocks(wanted.packed.rootfs.segments, had.packed.rootfs.segments);
      const change = changeBetween(before.plan, after.plan);
      bed.options.tell(
        `${changedText(change)}; ${missing.segments.length} of ${wanted.packed.rootfs.segments.length} segments`,
      );
      const size = async (peer: string) =>
        peer === 'whole-file'
          ? wanted.packed.file.size
          : (await sizeOfSources(after, change.sources)).compressed + besides;
      return Promise.all(peers.map(async (peer) => compareBytes(name, peer, missing.bytes, await size(peer))));
    },
  };
}

/** `image/below/<release>`: mini for whoever has default. */
export function variantBelow(release: string): Comparison<ImageBed> {
  const name = `image/below/${release}`;
  return {
    name,
    peers: ['whole-file'],
    measure: async (bed, [peer = '']) => {
      const [had, wanted] = [
        await packedImage(bed, await rootOf(bed, { release, variant: 'default', updates: true })),
        await packedImage(bed, await rootOf(bed, { release, variant: 'mini', updates: true })),
      ];
      const { bytes } = missingBlocks(wanted.packed.rootfs.segments, had.packed.rootfs.segments);
      return [compareBytes(name, peer, bytes, wanted.packed.file.size)];
    },
  };
}

/** From the packages of one plan to those of a later one. */
export function changeBetween(before: PackPlan, after: PackPlan): Change {
  return changeOf(before.layers.at(-1)?.packages ?? [], after.layers.at(-1)?.packages ?? []);
}

/** For people. */
export function changedText({ packages, of }: Change): string {
  return `${packages.length} of ${of} packages have changed (${packages.join(', ')})`;
}
