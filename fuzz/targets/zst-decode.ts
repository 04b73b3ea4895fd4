// Small zstd frames, decompressed. What is accepted has to be one frame by the second reading, and its data what the checksum or
// the reading says. An input is how much data the table says there is (64 bits, little endian), and the frame.

import { mostOfBlock } from '../../image/segment/table.ts';
import { decodeFrame, encodeFrame } from '../../image/zstd/frame.ts';
import { sha256Of } from '../../keys/digest.ts';
import { claim, claimBytes } from '../file-ends.ts';
import { mutated, scribble } from '../mutate.ts';
import { Random } from '../random.ts';
import { checksumFits, readFrame, readFrameHeader } from '../readings/zst.ts';
import { sampleData } from '../samples.ts';
import { archiveCodes, ensure, type Outcome, type Target, throwUnlessRefusal } from '../target.ts';
import { plainFrame, type SizedFrame } from '../zst-frames.ts';

const magicBytes = 4;
const mostHeader = 18;
const checkBytes = 4;
let frames: readonly SizedFrame[] = [];

/** The target. */
export const zstDecode: Target = {
  about: 'small zstd frames',
  prepare,
  make,
  run,
};

async function prepare(): Promise<void> {
  const random = new Random(0, 0);
  const made: SizedFrame[] = [];
  for (let number = 0; number < 64; number += 1) {
    const data = sampleData(random, number);
    made.push({ bytes: await encodeFrame(data, random.pick([1, 3, 9, 19])), size: data.length });
  }
  frames = made;
}

function make(random: Random): Buffer {
  const frame = random.percent(30) ? plainFrame(random) : random.pick(frames);
  const bytes = changedFrame(random, frame.bytes);
  return Buffer.concat([claim(claimedSize(random, bytes, frame.size)), bytes]);
}

function changedFrame(random: Random, frame: Buffer): Buffer {
  const bytes = Buffer.from(frame);
  const how = random.below(100);
  if (how < 20) return bytes;
  if (how < 35) scribble(random, bytes.subarray(mostHeader, -checkBytes), random.few(3));
  else if (how < 50) scribble(random, bytes.subarray(magicBytes, mostHeader), random.few(2));
  else if (how < 57) scribble(random, bytes.subarray(-checkBytes), 1);
  else if (how < 67) return mutated(random, bytes);
  else if (how < 72) return Buffer.concat([bytes, random.percent(50) ? random.pick(frames).bytes : random.bytes(4)]);
  else if (how < 75) random.pick(frames).bytes.subarray(mostHeader).copy(bytes, mostHeader);
  else return unchecked(random, bytes);
  return bytes;
}

/** Without the checksum, which finds every other change before anything else can. */
function unchecked(random: Random, bytes: Buffer): Buffer {
  const descriptor = bytes[magicBytes] ?? 0;
  const shorter = (descriptor & 0x04) === 0 ? bytes : bytes.subarray(0, -checkBytes);
  shorter[magicBytes] = descriptor & ~0x04;
  scribble(random, shorter.subarray(magicBytes + 1), random.below(4));
  return shorter;
}

/** Mostly what there is, or what the header says of it. */
function claimedSize(random: Random, frame: Buffer, size: number): number {
  const said = random.percent(50) ? readFrameHeader(frame)?.size : undefined;
  if (said !== undefined && said <= mostOfBlock) return Number(said);
  return random.percent(95) ? size : random.pick([size + 1, Math.max(0, size - 1), 0, random.below(mostOfBlock + 2)]);
}

async function run(input: Buffer): Promise<Outcome> {
  if (input.length < claimBytes) return 'refused';
  const size = Number(input.readBigUInt64LE(0));
  // No table that is accepted says so.
  if (size > mostOfBlock) return 'refused';
  const frame = input.subarray(claimBytes);
  const before = Buffer.from(frame);
  const decoded = await decodeFrame(frame, size).catch((error: unknown) => throwUnlessRefusal(archiveCodes, error));
  ensure(before.equals(frame), 'the frame was written to');
  const reading = readFrame(frame, size);
  if (decoded === undefined) {
    ensure(reading?.data === undefined, 'a frame that is right is refused');
    return 'refused';
  }
  ensure(reading !== undefined, 'what is accepted is not one frame of that size');
  const { data, sha256 } = decoded;
  ensure(sha256 === sha256Of(data), 'the data has another digest');
  ensure(data.length === size, `${data.length} bytes of data come of ${size}`);
  ensure(checksumFits(data, reading.checksum), 'the data has another checksum');
  ensure(reading.data === undefined || reading.data.equals(data), 'other data');
  return 'accepted';
}
