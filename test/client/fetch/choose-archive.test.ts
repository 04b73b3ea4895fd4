import { expect, test } from 'vitest';
import { chooseArchive } from '../../../client/fetch/choose-archive.ts';
import type { SegmentedArchive, SegmentPlace } from '../../../image/index.ts';
import { digestOf } from '../../../keys/digest.ts';

const { sha256 } = digestOf(Buffer.alloc(0));

/** Archives of one image: pieces of 1000 bytes, blocks of 500, frames as given. */
function archives(frameSize: number): [xz: SegmentedArchive, zst: SegmentedArchive] {
  const archive = (encoding: 'xz' | 'zst', size: number): SegmentedArchive => ({
    encoding,
    file: `rootfs.tar.${encoding}`,
    digest: { size: 10 * size, sha256 },
    segments: Array.from({ length: 10 }, (_, at) => ({
      size: 1000,
      sha256,
      block: { offset: at * size, size, sha256 },
    })),
  });
  return [archive('xz', 500), archive('zst', frameSize)];
}

/** Here are the first so many blocks of each. */
const having = (xz: number, zst: number) => ({
  mayHave: ({ block: { offset, size } }: SegmentPlace) => offset / size < (size === 500 ? xz : zst),
});

const offers = (list: readonly SegmentedArchive[], begun = 0) => {
  return list.map((archive) => ({ archive, begun: archive.encoding === 'xz' ? begun : 0 }));
};

test('what an interrupted run has begun is finished', () => {
  expect(chooseArchive(offers(archives(540), 4000), having(0, 0), true)?.encoding).toBe('xz');
});

test.each([
  ['with nothing here', 540, having(0, 0), 'zst'],
  ['with most of rootfs.tar.xz here', 540, having(5, 0), 'xz'],
  ['with the same blocks of both here', 540, having(5, 5), 'zst'],
  ['with all of both here', 540, having(10, 10), 'zst'],
  ['with all of rootfs.tar.xz here', 540, having(10, 9), 'xz'],
  ['where rootfs.tar.zst is much larger', 600, having(0, 0), 'xz'],
])('%s', (_name, frameSize, here, encoding) => {
  expect(chooseArchive(offers(archives(frameSize)), here, true)?.encoding).toBe(encoding);
});

test('there has to be zstd on both ends', () => {
  const [xz, zst] = archives(540);
  expect(chooseArchive(offers([xz, zst]), having(0, 0), false)).toBe(xz);
  expect(chooseArchive(offers([xz]), having(0, 0), true)).toBe(xz);
  expect(chooseArchive([], having(0, 0), true)).toBeUndefined();
});
