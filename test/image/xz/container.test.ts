import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../image/xz/block.ts';
import { mostIndexSize } from '../../../image/xz/block-index.ts';
import { chooseXzEngine } from '../../../image/xz/choose.ts';
import { assembleStream, type EncodedBlock, readLayout } from '../../../image/xz/container.ts';
import { sealed } from '../../../image/xz/fields.ts';
import { encodeStreamFooter, encodeStreamHeader } from '../../../image/xz/stream-frame.ts';
import { decodeByBlocks, flipped, readFrom, withChecksum, xz } from './sample-files.ts';

const engine = chooseXzEngine(undefined);
const data = [Buffer.from('one block that holds some text, '), Buffer.alloc(0), Buffer.alloc(3000, 'and more of it. ')];
let blocks: EncodedBlock[];
let file: Buffer;

async function assemble(list: readonly EncodedBlock[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  await assembleStream(list, (bytes) => parts.push(bytes));
  return Buffer.concat(parts);
}

const layout = (bytes: Buffer) => readLayout(readFrom(bytes), bytes.length);
const corrupt = { code: 'archive-corrupt' };

beforeAll(async () => {
  blocks = await Promise.all(
    data.map((each, place) => encodeBlock(engine, each, { preset: 6, filter: place === 2 ? 'x86' : 'plain' })),
  );
  file = await assemble(blocks);
});

describe('an assembled file', () => {
  it('is read by xz', () => {
    expect(xz(file, '-d').equals(Buffer.concat(data))).toBe(true);
  });

  it('has its blocks where the writer said', async () => {
    const parts: Buffer[] = [];
    const places = await assembleStream(blocks, (bytes) => parts.push(bytes));
    const found = await layout(Buffer.concat(parts));
    expect(found).toEqual({ check: 'crc64', blocks: places, uncompressedSize: 3032 });
    expect(places[0]).toMatchObject({ offset: 12, uncompressedOffset: 0, uncompressedSize: 32 });
    for (const [at, { offset, size }] of places.entries()) {
      expect(file.subarray(offset, offset + size).equals(blocks[at]?.bytes ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('of no blocks is what xz makes of nothing', async () => {
    const empty = await assemble([]);
    expect(empty.equals(xz(Buffer.alloc(0)))).toBe(true);
    expect(await layout(empty)).toEqual({ check: 'crc64', blocks: [], uncompressedSize: 0 });
  });

  it('waits for its writer, block by block', async () => {
    let writing = 0;
    let given = 0;
    const source = (function* () {
      for (const block of blocks) {
        expect(writing).toBe(0);
        given += 1;
        yield block;
      }
    })();
    await assembleStream(source, async () => {
      writing += 1;
      await new Promise(setImmediate);
      writing -= 1;
    });
    expect(given).toBe(3);
  });

  it('is not made of blocks that are not what they say', async () => {
    const [first] = blocks as [EncodedBlock];
    const lies = [
      { bytes: first.bytes.subarray(4) },
      { bytes: flipped(first.bytes, 1, 1) },
      { uncompressedSize: 33 },
      { unpaddedSize: first.unpaddedSize - 1 },
    ];
    for (const lie of lies) await expect(assemble([{ ...first, ...lie }])).rejects.toMatchObject(corrupt);
  });
});

describe('the layout of a file', () => {
  it.each(['none', 'crc32', 'crc64', 'sha256'])('is found with the check %s', async (check) => {
    const made = xz(Buffer.concat(data), `--check=${check}`);
    expect(await layout(made)).toMatchObject({ check, uncompressedSize: 3032, blocks: [{ offset: 12 }] });
  });

  it('is read with three reads, whatever the size of the blocks', async () => {
    const reads: number[] = [];
    const read = (offset: number, length: number) => {
      reads.push(length);
      return file.subarray(offset, offset + length);
    };
    await readLayout(read, file.length);
    expect(reads).toEqual([12, 12, 16]);
  });

  it('is not found in a file that is cut anywhere', async () => {
    for (let length = 0; length < file.length; length += 1) {
      await expect(layout(file.subarray(0, length))).rejects.toMatchObject(corrupt);
    }
  });

  it('is not found when the file is shorter than it was', async () => {
    await expect(readLayout(readFrom(file.subarray(0, -4)), file.length)).rejects.toMatchObject(corrupt);
  });

  it.each([
    ['a byte', Buffer.from('x')],
    ['four zeros', Buffer.alloc(4)],
    ['another stream', xz(Buffer.from('more'))],
    ['the same stream', undefined],
  ])('is not found when %s follows', async (_, more) => {
    await expect(layout(Buffer.concat([file, more ?? file]))).rejects.toMatchObject(corrupt);
  });

  it('is not found when something stands before or between', async () => {
    const index = file.length - 28;
    const four = Buffer.alloc(4);
    await expect(layout(Buffer.concat([four, file]))).rejects.toMatchObject(corrupt);
    await expect(layout(Buffer.concat([file.subarray(0, index), four, file.subarray(index)]))).rejects.toMatchObject(
      corrupt,
    );
  });

  it('is bounded before anything is read', async () => {
    const header = encodeStreamHeader('crc64');
    const of = (size: number, indexSize: number) => {
      const reads: number[] = [];
      const read = (offset: number, length: number) => {
        reads.push(length);
        return offset === 0 ? header : encodeStreamFooter('crc64', indexSize);
      };
      return { reads, done: readLayout(read, size) };
    };
    const large = of(2 ** 40, mostIndexSize + 4);
    await expect(large.done).rejects.toMatchObject({ code: 'archive-too-large' });
    expect(large.reads).toEqual([12, 12]);
    await expect(of(2 ** 20, 2 ** 34).done).rejects.toMatchObject(corrupt);
    await expect(of(2 ** 60, 16).done).rejects.toMatchObject(corrupt);
  });

  it.each([6, 7])('has no check that is not defined (byte %i)', async (at) => {
    const header = withChecksum(flipped(file, at, 0x02), 6, 8, 8);
    await expect(layout(header)).rejects.toMatchObject({ code: 'archive-unsupported' });
    const end = file.length;
    const footer = withChecksum(flipped(file, end - 4 + at - 6, 0x02), end - 8, end - 2, end - 12);
    await expect(layout(footer)).rejects.toMatchObject({ code: 'archive-unsupported' });
  });

  it('has one check at both ends', async () => {
    const other = Buffer.concat([encodeStreamHeader('crc32'), file.subarray(12)]);
    await expect(layout(other)).rejects.toMatchObject(corrupt);
  });
});

describe('whatever bytes there are', () => {
  const tame = async (bytes: Buffer) => {
    await decodeByBlocks(engine, bytes).catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'CooperError' });
    });
  };

  it('they give data or a CooperError', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => tame(Buffer.from(bytes))));
  });

  it('between a right header and a right footer they give data or a CooperError', async () => {
    const property = fc.asyncProperty(
      fc.uint8Array({ maxLength: 24 }),
      fc.uint8Array({ maxLength: 24 }),
      (some, index) => {
        const end = sealed([Buffer.from([0]), Buffer.from(index)]);
        const middle = Buffer.concat([sealed([Buffer.from(some)]), end]);
        return tame(Buffer.concat([encodeStreamHeader('crc64'), middle, encodeStreamFooter('crc64', end.length)]));
      },
    );
    await fc.assert(property, { numRuns: 1000 });
  });

  it('a real file with changes gives its data or a CooperError', async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(changes, fc.boolean(), async (list, mend) => {
      let bytes = file;
      for (const [at, mask] of list) bytes = flipped(bytes, at % bytes.length, mask);
      const end = bytes.length;
      if (mend) bytes = withChecksum(withChecksum(bytes, end - 28, end - 16, end - 16), 12, 24, 24);
      await tame(bytes);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
