import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, zstdEncoderName } from '../../../image/zstd/frame.ts';

const data = Buffer.concat([Buffer.alloc(1_500_000, 'text that packs well, '), randomBytes(300_000)]);
const frame = await encodeFrame(data, 19);

test('zstd reads a frame and knows its size and its checksum', () => {
  expect(execFileSync('zstd', ['-dc'], { input: frame, maxBuffer: 2 ** 26 }).equals(data)).toBe(true);
  const changed = Buffer.from(frame);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  expect(() => execFileSync('zstd', ['-dc'], { input: changed, stdio: 'pipe' })).toThrow();
});

test('it is read again, and so is one of zstd’s own', async () => {
  const expected = sha256(data);
  const ours = await decodeFrame(frame, data.length);
  expect([ours.data.equals(data), ours.sha256]).toEqual([true, expected]);
  const foreign = execFileSync('zstd', ['-c', `--stream-size=${data.length}`], { input: data, maxBuffer: 2 ** 26 });
  const its = await decodeFrame(foreign, data.length);
  expect([its.data.equals(data), its.sha256]).toEqual([true, expected]);
});

// Another digest means another zstd: images made before and after differ, so the version of the program has to change with it.
test('the bytes are those of the zstd that is compiled in', async () => {
  expect(zstdEncoderName(19)).toBe('zstd-1.5.6-19');
  const text = Buffer.from(Array.from({ length: 40_000 }, (_, at) => `${at} ${at * at}\n`).join(''));
  const digests = await Promise.all([19, 3].map(async (level) => sha256(await encodeFrame(text, level))));
  expect(digests).toEqual([
    '439865150f2eee02a132f9e25ab366a26f7be1ea4d780eb2642594d6b9c23074',
    '32fbec62810b5b5c4af1c98fd833375a0564d31a66b5394b8a06dc0242c6ee4b',
  ]);
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('the same bytes come of many at once as of one alone', async () => {
  const many = await Promise.all(Array.from({ length: 6 }, () => encodeFrame(data, 12)));
  const alone = await encodeFrame(data, 12);
  expect(many.every((each) => each.equals(alone))).toBe(true);
});

function changed(change: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(frame);
  change(bytes);
  return bytes;
}

test.each<[string, Buffer, number]>([
  ['nothing', Buffer.alloc(0), 0],
  ['no frame', Buffer.from('something else'), 10],
  ['a frame that ends early', frame.subarray(0, -1), data.length],
  ['a frame that goes on', Buffer.concat([frame, Buffer.alloc(1)]), data.length],
  ['two frames', Buffer.concat([frame, frame]), 2 * data.length],
  ['a frame that has less than was said', frame, data.length + 1],
  ['a frame that has more than was said', frame, data.length - 1],
  [
    'a wrong checksum',
    changed((bytes) => bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)),
    data.length,
  ],
  ['a damaged frame', changed((bytes) => bytes.fill(0, 200, 400)), data.length],
  ['a skippable frame', Buffer.from('502a4d180400000000000000', 'hex'), 0],
  ['a frame without its size', execFileSync('zstd', ['-c'], { input: 'abc' }), 3],
])('%s → archive-corrupt', async (_name, bytes, size) => {
  await expect(decodeFrame(bytes, size)).rejects.toMatchObject({ code: 'archive-corrupt' });
});

test('compressing is given up when that is wanted', async () => {
  const stop = new AbortController();
  const begun = Date.now();
  const work = encodeFrame(randomBytes(24 * 2 ** 20), 19, stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 20);
  await expect(work).rejects.toThrow('enough');
  expect(Date.now() - begun).toBeLessThan(4000);
  await expect(encodeFrame(data, 19, stop.signal)).rejects.toThrow('enough');
});
