// Decoding the blocks of an archive two at a time, beside xz with one thread.

import { fileURLToPath } from 'node:url';
import type { Comparison } from '../comparison.ts';
import { interleave } from '../measured.ts';
import { compareCosts } from '../result.ts';
import { type ImageBed, packedImage, rootOf } from './test-bed.ts';

const program = fileURLToPath(new URL('./decode-blocks.js', import.meta.url));

/** `image/decode/<release>`: the archive of default. */
export function decoding(release: string): Comparison<ImageBed> {
  const name = `image/decode/${release}`;
  return {
    name,
    peers: ['xz'],
    measure: async (bed, [peer = '']) => {
      const { file } = await packedImage(bed, await rootOf(bed, { release, variant: 'default', updates: true }));
      const sides = [
        { name: 'blocks', command: () => ({ argv: [process.execPath, program, file] }) },
        { name: peer, command: () => ({ argv: ['xz', '-dc', '-T1', file] }) },
      ];
      const costs = await interleave(sides, bed.options.runs, bed.options.tell);
      return compareCosts(name, peer, costs.of('blocks'), costs.of(peer));
    },
  };
}
