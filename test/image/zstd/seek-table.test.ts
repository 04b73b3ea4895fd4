import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame } from '../../../image/zstd/frame.ts';
import { encodeSeekTable, mostFrames, readFrames, seekTableSize } from '../../../image/zstd/seek-table.ts';

const pieces = ['first piece, ', 'second, ', 'and so on, '].map((text, at) => Buffer.alloc(5000 * (at + 1), text));
const frames = await Promise.all(pieces.map((piece) => encodeFrame(piece, 3)));
const sizes = frames.map(({ length: size }, at) => ({ size, uncompressedSize: pieces[at]?.length ?? 0 }));
const file = Buffer.concat([...frames, encodeSeekTable(sizes)]);

const read = (bytes: Buffer, size = bytes.length) =>
  readFrames((offset, length) => bytes.subarray(offset, offset + length), size);

test('frames are found where they are, and zstd reads the file as one', async () => {
  const places = await read(file);
  expect(places.map(({ offset, size }) => file.subarray(offset, offset + size))).toEqual(frames);
  expect(places.map(({ uncompressedSize }) => uncompressedSize)).toEqual(pieces.map(({ length }) => length));
  expect(execFileSync('zstd', ['-dc'], { input: file }).equals(Buffer.concat(pieces))).toBe(true);
  execFileSync('zstd', ['-t'], { input: file });
});

test('a file without frames has none', async () => {
  expect(await read(encodeSeekTable([]))).toEqual([]);
});

/** The file with its last bytes changed. */
function ending(change: (foot: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(file);
  change(bytes.subarray(-seekTableSize(frames.length)));
  return bytes;
}

test.each<[string, string, Buffer]>([
  ['nothing', 'archive-corrupt', Buffer.alloc(0)],
  ['a plain zstd file', 'archive-corrupt', Buffer.concat(frames)],
  ['a file that ends early', 'archive-corrupt', file.subarray(0, -1)],
  ['a file that goes on', 'archive-corrupt', Buffer.concat([file, Buffer.alloc(4)])],
  ['a file twice', 'archive-corrupt', Buffer.concat([file, file])],
  ['a table that starts elsewhere', 'archive-corrupt', ending((table) => table.writeUInt32LE(0x184d2a50, 0))],
  ['a table of another size', 'archive-corrupt', ending((table) => table.writeUInt32LE(1, 4))],
  ['a frame said to be larger', 'archive-corrupt', ending((table) => table.writeUInt32LE(2 ** 32 - 1, 8))],
  ['more frames than fit', 'archive-corrupt', ending((table) => table.writeUInt32LE(60_000, table.length - 9))],
  ['too many frames', 'archive-too-large', ending((table) => table.writeUInt32LE(mostFrames + 1, table.length - 9))],
  ['a table with checksums', 'archive-unsupported', ending((table) => table.writeUInt8(0x80, table.length - 5))],
])('%s → %s', async (_name, code, bytes) => {
  await expect(read(bytes)).rejects.toMatchObject({ code });
});

test('a file that is shorter than it was said to be is damaged', async () => {
  await expect(read(file.subarray(0, -4), file.length)).rejects.toMatchObject({ code: 'archive-corrupt' });
});

test('whatever sizes there are come back', async () => {
  const size = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const list = fc.array(fc.record({ size, uncompressedSize: size }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(list, async (wanted) => {
      const table = encodeSeekTable(wanted);
      const start = wanted.reduce((sum, each) => sum + each.size, 0);
      const places = await readFrames(
        (offset, length) => table.subarray(offset - start, offset - start + length),
        start + table.length,
      );
      expect(places.map(({ offset, ...rest }) => rest)).toEqual(wanted);
    }),
  );
});
