// Single tar headers: what decodeHeader and decodeEntry accept says what a second reading of its numbers says, and is the same
// after it was written again. An input is one block of 512 bytes.

import type { TarEntry } from '../../image/tar/entry.ts';
import { field } from '../../image/tar/fields.ts';
import { decodeEntry, decodeHeader, encodeHeader } from '../../image/tar/header.ts';
import { TarReader } from '../../image/tar/reader.ts';
import { scribble } from '../mutate.ts';
import { Random } from '../random.ts';
import { checksumFits, readField } from '../readings/tar.ts';
import { anyEntry, changeHeader, difference, sealHeader } from '../tar-blocks.ts';
import { archiveCodes, ensure, type Outcome, refusable, type Target } from '../target.ts';

const blockSize = 512;
const corpus = Array.from({ length: 256 }, (_, number) => {
  const random = new Random(0, number);
  return encodeHeader(anyEntry(random, random.below(9000))).subarray(-blockSize);
});

/** The target. */
export const tarHeader: Target = { about: 'single tar headers', make, run };

function make(random: Random): Buffer {
  const block = Buffer.from(random.pick(corpus));
  if (random.percent(85)) changeHeader(random, block);
  if (random.percent(10)) scribble(random, block, random.few(4));
  if (random.percent(90)) sealHeader(block);
  return block;
}

function run(block: Buffer): Outcome {
  if (block.length !== blockSize) return 'refused';
  const entry = refusable(archiveCodes, () => decodeEntry(decodeHeader(block)));
  if (entry === undefined) return 'refused';
  ensure(checksumFits(block), 'its checksum is wrong');
  const { mode, size, uid, gid, mtime, device } = entry;
  const said = [BigInt(size), BigInt(uid), BigInt(gid), BigInt(mtime.seconds), BigInt(mode)];
  const read = [field.size, field.uid, field.gid, field.mtime, field.mode].map(({ at, length }) =>
    readField(block, at, length),
  );
  const modeRead = read.pop();
  ensure(
    [...read, modeRead === undefined ? modeRead : modeRead & 0o7777n].every((value, at) => value === said[at]),
    `its numbers are ${read.join()}, not ${said.join()}`,
  );
  const numbers = [field.major, field.minor].map(({ at, length }) => readField(block, at, length));
  ensure(device === undefined || numbers.join() === `${device.major},${device.minor}`, 'another device');
  const again = writtenAgain(entry);
  ensure(again === undefined, `written again it differs: ${again}`);
  return 'accepted';
}

function writtenAgain(entry: TarEntry): string | undefined {
  const found: TarEntry[] = [];
  const handler = { entry: (next: TarEntry) => found.push(next), data: () => undefined, end: () => undefined };
  new TarReader(handler).write(encodeHeader(entry));
  return found[0] === undefined ? 'it is no entry' : difference(entry, found[0]);
}
