import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSignedDocument } from '../../../client/verify/signed-document.ts';
import { manifestSchema } from '../../../image/manifest.ts';
import { mostOfBlock, type TableOwner, type TableSegment, tableFault } from '../../../image/segment/table.ts';
import { encodeBlock } from '../../../image/xz/block.ts';
import { encodeIndex, indexSizeOf, mostBlocks } from '../../../image/xz/block-index.ts';
import { chooseXzEngine, xzEngineNames } from '../../../image/xz/choose.ts';
import { assembleStream } from '../../../image/xz/container.ts';
import { seekTableSize } from '../../../image/zstd/seek-table.ts';
import { digestOf, verifyDigest } from '../../../keys/index.ts';

const archive = 'rootfs.tar.xz';

interface Table extends TableOwner {
  readonly rootfs: { readonly size: number; readonly segments: readonly TableSegment[] };
}

/** The table of a file of blocks with that many bytes of data and of block. */
function table(sizes: readonly (readonly [data: number, block: number])[]): Table {
  let offset = 12;
  const segments = sizes.map(([size, block]) => {
    offset += block;
    return { size, block: { offset: offset - block, size: block } };
  });
  const index = indexSizeOf(sizes.map(([uncompressedSize, unpaddedSize]) => ({ unpaddedSize, uncompressedSize })));
  const size = sizes.reduce((sum, [data]) => sum + data, 0);
  return { rootfs: { size, segments }, files: { [archive]: { size: offset + index + 12 } } };
}

const good = table([
  [2048, 400],
  [mostOfBlock, 9000],
  [512, 100],
]);

/** `good` with one segment changed. */
function changed(at: number, change: { size?: number; block?: { offset?: number; size?: number } }): Table {
  const segments = good.rootfs.segments.map((segment, place) => {
    return place === at ? { ...segment, ...change, block: { ...segment.block, ...change.block } } : segment;
  });
  return { ...good, rootfs: { ...good.rootfs, segments } };
}

const withArchive = (size: number): Table => ({ ...good, files: { [archive]: { size } } });
const fileSize = good.files[archive]?.size ?? 0;
const withSegments = (segments: readonly TableSegment[]) => ({ ...good, rootfs: { ...good.rootfs, segments } });
const [first, second, third] = good.rootfs.segments as [TableSegment, TableSegment, TableSegment];

describe('a segment table', () => {
  it.each(xzEngineNames)('of a file that %s made is right, to the byte', async (name) => {
    const engine = chooseXzEngine(name);
    for (const filter of ['plain', 'x86'] as const) {
      const pieces = [1, 511, 512, 70_000, 3, 200_000].map((size, at) =>
        at % 2 === 0 ? randomBytes(size) : Buffer.alloc(size, 'text, '),
      );
      const blocks = await Promise.all(pieces.map((piece) => encodeBlock(engine, piece, { preset: 6, filter })));
      let fileSize = 0;
      const places = await assembleStream(blocks, (bytes) => {
        fileSize += bytes.length;
      });
      const segments = places.map(({ offset, size, uncompressedSize }) => ({
        size: uncompressedSize,
        block: { offset, size },
      }));
      const size = pieces.reduce((sum, { length }) => sum + length, 0);
      const made = (all: number) => ({ rootfs: { size, segments }, files: { [archive]: { size: all } } });
      expect(tableFault(made(fileSize))).toBeUndefined();
      expect(tableFault(made(fileSize + 4))).toContain('behind its blocks');
      expect(tableFault(made(fileSize - 4))).toContain('behind its blocks');
    }
  });

  it('that is not there is not wrong, and one of the largest blocks and pieces is right', () => {
    expect(tableFault({ rootfs: { size: 5 }, files: {} })).toBeUndefined();
    expect(tableFault(good)).toBeUndefined();
    expect(tableFault(table([[mostOfBlock, mostOfBlock + 2048]]))).toBeUndefined();
    expect(tableFault(table([]))).toBeUndefined();
  });

  it('may have a block whose padding decides about the length of the index', () => {
    // As a multibyte integer 128 takes two bytes, 127 one. Here that is a step of the padding of the index.
    const one = table([[127, 128]]);
    const { size } = one.files[archive] ?? { size: 0 };
    const index = (unpaddedSize: number) => encodeIndex([{ unpaddedSize, uncompressedSize: 127 }]).length;
    expect([index(128), index(127)]).toEqual([12, 8]);
    const fits = (all: number) => tableFault({ ...one, files: { [archive]: { size: all } } }) === undefined;
    expect([size - 8, size - 4, size - 3, size, size + 4].map(fits)).toEqual([false, true, false, true, false]);
  });

  it.each<[string, Table, string]>([
    ['empty while the tar is not', withSegments([]), '0 bytes of tar in all'],
    ['of a file that is not listed', { ...good, files: {} }, 'not among the files'],
    [
      'that begins later than the first block can',
      changed(0, { block: { offset: 16 } }),
      'segment 1: its block begins',
    ],
    ['that begins in the header of the stream', changed(0, { block: { offset: 8 } }), 'begins at byte 8 instead of 12'],
    ['with a gap', changed(1, { block: { offset: 416 } }), 'segment 2: its block begins at byte 416 instead of 412'],
    ['with blocks that overlap', changed(1, { block: { offset: 408 } }), 'segment 2'],
    ['in another order', withSegments([second, first, third]), 'segment 1'],
    ['with the same block twice', withSegments([first, first, third]), 'segment 2'],
    ['with a block that is no multiple of four', changed(0, { block: { size: 402 } }), 'no block of 402 bytes'],
    ['with a block of no bytes', changed(0, { block: { size: 0 } }), 'no block of 0 bytes'],
    ['with a block that is too short for its data', changed(1, { block: { size: 2044 } }), 'no block of 2044 bytes'],
    ['with a block that is too long for its data', changed(2, { block: { size: 2564 } }), 'no block of 2564 bytes'],
    ['with a piece of no bytes', changed(0, { size: 0 }), 'segment 1: it has 0 bytes of tar'],
    ['with a piece above the most', changed(1, { size: mostOfBlock + 1 }), 'segment 2: it has 33554433 bytes'],
    ['with pieces that are less than the tar', changed(0, { size: 1536 }), 'where the tar has'],
    ['with pieces that are more than the tar', changed(0, { size: 2560 }), 'where the tar has'],
    ['whose last block is behind the end', withArchive(12 + 400 + 9000), 'has -100 bytes behind its blocks'],
    ['that leaves no room for the index', withArchive(fileSize - 4), 'behind its blocks'],
    ['that does not have all blocks', withArchive(fileSize + 4), 'behind its blocks'],
    ['with a negative size', changed(0, { block: { size: -4 } }), 'no block of -4 bytes'],
    ['with a size that is no integer', changed(0, { size: 0.5 }), '0.5 bytes of tar'],
    ['with a size beyond what is counted', changed(0, { block: { size: 2 ** 53 } }), 'no block of 9007199254740992'],
    ['with a size that is no number', changed(0, { size: Number.NaN }), 'NaN bytes of tar'],
    ['of a file without a size', withArchive(Number.NaN), 'NaN bytes behind'],
  ])('%s is refused', (_, manifest, words) => {
    expect(tableFault(manifest)).toContain(words);
  });

  it('has a limit to its segments', () => {
    const most = Array.from({ length: mostBlocks }, () => [512, 64] as const);
    expect(tableFault(table(most))).toBeUndefined();
    expect(tableFault(table([...most, [512, 64]]))).toBe('there are 65537 segments, where 65536 are allowed');
  });

  it('that differs in one number from one that is right is wrong, but for the padding of a block', () => {
    const number = fc.oneof(fc.integer({ min: -8, max: 10_000 }), fc.integer(), fc.double());
    const place = fc.constantFrom('size', 'offset', 'blockSize');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 }), place, number, (at, key, value) => {
        const segment = good.rootfs.segments[at] as TableSegment;
        const now = key === 'size' ? segment.size : segment.block[key === 'offset' ? 'offset' : 'size'];
        fc.pre(now !== value);
        const change = {
          size: { size: value },
          offset: { block: { offset: value } },
          blockSize: { block: { size: value } },
        };
        expect(tableFault(changed(at, change[key]))).toBeTypeOf('string');
      }),
    );
  });
});

describe('a table with frames', () => {
  const file = 'rootfs.tar.zst';
  /** `good` with frames of these sizes, `tail` bytes behind them. */
  function framed(sizes: readonly (number | undefined)[], tail = seekTableSize(3)): TableOwner {
    let offset = 0;
    const segments = good.rootfs.segments.map((segment, at) => {
      const size = sizes[at];
      if (size === undefined) return segment;
      offset += size;
      return { ...segment, frame: { offset: offset - size, size } };
    });
    return { rootfs: { ...good.rootfs, segments }, files: { ...good.files, [file]: { size: offset + tail } } };
  }
  const right = framed([500, 9999, 13]);
  const withFrame = (frame: { offset: number; size: number }): TableOwner => {
    const segments = right.rootfs.segments?.map((segment, at) => (at === 1 ? { ...segment, frame } : segment));
    return { ...right, rootfs: { ...right.rootfs, segments } };
  };

  it('of one behind the other and a seek table is right', () => expect(tableFault(right)).toBeUndefined());

  it.each<[string, TableOwner, string]>([
    ['without its file', { ...right, files: good.files }, 'rootfs.tar.zst is not among the files'],
    ['in which one is missing', framed([500, undefined, 13]), 'segment 2: it has no frame in rootfs.tar.zst'],
    ['in which all but one are missing', framed([undefined, undefined, 13]), 'segment 1: it has no frame'],
    ['with a gap', withFrame({ offset: 501, size: 9999 }), 'segment 2: its frame begins at byte 501 instead of 500'],
    ['that overlap', withFrame({ offset: 499, size: 9999 }), 'segment 2: its frame begins'],
    ['of no bytes', framed([0, 9999, 13]), 'segment 1: no frame of 0 bytes'],
    ['with one that is too short', framed([500, 12, 13]), 'segment 2: no frame of 12 bytes'],
    ['with one that is too long for its data', framed([2048 + 100, 9999, 13]), 'segment 1: no frame of 2148 bytes'],
    [
      'without a seek table',
      framed([500, 9999, 13], 0),
      'has 0 bytes behind its frames, where the seek table takes 41',
    ],
    ['with something behind', framed([500, 9999, 13], seekTableSize(3) + 4), 'has 45 bytes behind its frames'],
    ['with a size that is no number', withFrame({ offset: 500, size: Number.NaN }), 'no frame of NaN bytes'],
  ])('%s is refused', (_, manifest, words) => {
    expect(tableFault(manifest)).toContain(words);
  });
});

describe('image.json', () => {
  const sha256 = '0'.repeat(64);
  const document = ({ rootfs, files }: Table) => ({
    schemaVersion: 1,
    kind: 'cooper.image',
    ...{ distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' },
    title: 'Debian',
    build: '20260201_12:00',
    created: '2026-02-01T12:00:00Z',
    epoch: 1_770_000_000,
    inputs: sha256,
    rootfs: {
      ...{ size: rootfs.size, sha256, entries: 3 },
      segments: rootfs.segments.map(({ size, block }, layer) => {
        return { name: 'a', layer, size, sha256, block: { ...block, sha256 } };
      }),
    },
    files: Object.fromEntries(Object.entries(files).map(([name, { size }]) => [name, { size, sha256 }])),
    builder: { name: 'cooper', version: '0.1.0' },
  });

  it('with the segments of its archive is one', () => {
    expect(manifestSchema.parse(document(good)).rootfs.segments).toHaveLength(3);
  });

  it('with a table that lies is none, for whoever reads it', () => {
    const issues = manifestSchema.safeParse(document(changed(1, { block: { offset: 408 } }))).error?.issues;
    expect(issues).toMatchObject([
      { path: ['rootfs', 'segments'], message: 'segment 2: its block begins at byte 408 instead of 412' },
    ]);
  });

  it('that is signed and has a table that lies is refused as a document that does not follow its format', () => {
    const bytes = Buffer.from(JSON.stringify(document(withArchive(fileSize + 4))));
    const signed = verifyDigest(bytes, digestOf(bytes), 'image.json');
    const lines = [expect.stringContaining('rootfs.segments: rootfs.tar.xz has ')];
    expect(() => readSignedDocument(manifestSchema, signed, 'image.json')).toThrow(
      expect.objectContaining({ code: 'signed-document-invalid', lines }),
    );
  });
});
