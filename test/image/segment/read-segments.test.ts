// An archive read segment by segment while it arrives, and archives that are not what their table says.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodingNames, encodings } from '../../../image/segment/encoding.ts';
import { readSegments, type SegmentPlace } from '../../../image/segment/read-segments.ts';
import { randomPieces, segmented } from '../../client/fetch/segmented.ts';

const pieces = [Buffer.alloc(3 * 2 ** 20, 'text that packs well '), ...randomPieces(4), randomBytes(7)];
const programs = { xz: 'xz', zst: 'zstd' };

describe.each(encodingNames)('rootfs.tar.%s', async (encoding) => {
  const { decode } = encodings[encoding];
  const archive = await segmented(pieces, encoding);

  async function* upTo(...counts: readonly number[]): AsyncGenerator<number> {
    yield* counts;
  }

  async function read(
    file: Buffer,
    segments: readonly SegmentPlace[] = archive.segments,
    arrived: AsyncIterable<number> = upTo(segments.length),
  ): Promise<Buffer> {
    const parts: Buffer[] = [];
    const fill = (room: Buffer, offset: number) => room.subarray(0, file.copy(room, 0, offset));
    for await (const data of readSegments({ read: fill, decode, segments }, arrived)) parts.push(Buffer.from(data));
    return Buffer.concat(parts);
  }

  test('what comes out is what its program makes of it', async () => {
    const expected = execFileSync(programs[encoding], ['-dc'], { input: archive.file, maxBuffer: 2 ** 26 });
    expect((await read(archive.file)).equals(expected)).toBe(true);
    expect((await read(archive.file, archive.segments, upTo(1, 2, 5, 6))).equals(expected)).toBe(true);
  });

  test('nothing is read before it has arrived', async () => {
    let there = 0;
    async function* arriving(): AsyncGenerator<number> {
      while (there < pieces.length) yield ++there;
    }
    const asked: number[] = [];
    const fill = (room: Buffer, offset: number) => {
      asked.push(archive.segments.findIndex(({ block }) => block.offset === offset) - there);
      return room.subarray(0, archive.file.copy(room, 0, offset));
    };
    for await (const _data of readSegments({ read: fill, decode, segments: archive.segments }, arriving()));
    expect(asked).toHaveLength(pieces.length);
    expect(asked.every((beyond) => beyond < 0)).toBe(true);
  });

  test('an archive of which no more comes is no archive', async () => {
    await expect(read(archive.file, archive.segments, upTo(3))).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  const change = (at: number, changed: (segment: SegmentPlace) => object): SegmentPlace[] =>
    archive.segments.map((segment, position) => (position === at ? { ...segment, ...changed(segment) } : segment));

  test.each<[string, string, readonly SegmentPlace[]]>([
    ['a segment with another digest', 'digest-mismatch', change(2, () => ({ sha256: archive.digest.sha256 }))],
    ['a segment said to be smaller', 'archive-corrupt', change(2, ({ size }) => ({ size: size - 1 }))],
    ['a segment said to be larger', 'archive-corrupt', change(2, ({ size }) => ({ size: size + 1 }))],
    [
      'a block that begins elsewhere',
      'archive-corrupt',
      change(2, ({ block }) => ({ block: { ...block, offset: block.offset + 4 } })),
    ],
    [
      'a block that is shorter than it was said to be',
      'archive-corrupt',
      change(2, ({ block }) => ({ block: { ...block, size: block.size + 4 } })),
    ],
    ['two segments in each other’s place', 'digest-mismatch', change(2, () => ({ block: archive.segments[3]?.block }))],
  ])('%s → %s', async (_name, code, segments) => {
    await expect(read(archive.file, segments)).rejects.toMatchObject({ code });
  });

  test('a file that ends early or was changed gives nothing of the block concerned', async () => {
    await expect(read(archive.file.subarray(0, archive.file.length - 200))).rejects.toMatchObject({
      code: 'archive-corrupt',
    });
    const changed = Buffer.from(archive.file);
    const at = (archive.segments[1]?.block.offset ?? 0) + 500;
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(read(changed)).rejects.toMatchObject({
      code: expect.stringMatching(/archive-corrupt|digest-mismatch/),
    });
  });
});
