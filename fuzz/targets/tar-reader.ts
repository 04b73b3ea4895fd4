// Whole small tar archives, with extended headers of all kinds: what TarReader finds does not depend on how the bytes are cut, and
// is the same after it was written again. An input is an archive.

import { crc32 } from 'node:zlib';

import type { CooperError, ErrorCode } from '../../errors/index.ts';
import type { TarEntry } from '../../image/tar/entry.ts';
import { encodeHeader, endOfArchive, paddingOf } from '../../image/tar/header.ts';
import { encodePaxRecords } from '../../image/tar/pax.ts';
import { TarReader } from '../../image/tar/reader.ts';
import { TarWriter } from '../../image/tar/writer.ts';
import { mutated, scribble } from '../mutate.ts';
import { Random } from '../random.ts';
import { anyEntry, changeHeader, difference, sealHeader } from '../tar-blocks.ts';
import { archiveCodes, ensure, type Outcome, type Target, throwUnlessRefusal } from '../target.ts';

const blockSize = 512;

/** Small ones are met, and cost no time. */
const limits = { headerBytes: 16_384, entries: 6, namesBytes: 40_000 };

/** The target. */
export const tarReader: Target = { about: 'small tar archives with extended headers', make, run };

/** Whole members of an archive: headers, data, padding. */
const corpus = Array.from({ length: 512 }, (_, number) => {
  const random = new Random(1, number);
  const entry = anyEntry(random, random.pick([0, 0, 1, 511, 512, 513, random.below(600)]));
  const data = random.bytes(entry.size);
  return Buffer.concat([encodeHeader(entry), data, Buffer.alloc(paddingOf(entry.size))]);
});

function make(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let left = random.few(3); left > 0; left -= 1) {
    if (random.percent(40)) parts.push(extension(random));
    parts.push(random.pick(corpus));
  }
  if (random.percent(95)) parts.push(random.percent(90) ? endOfArchive : Buffer.alloc(random.below(4) * blockSize));
  const archive = Buffer.concat(parts);
  if (random.percent(60)) changeBlocks(random, archive);
  return random.percent(4) ? mutated(random, archive) : archive;
}

/** Mostly at the front, where headers are. */
function changeBlocks(random: Random, archive: Buffer): void {
  for (let left = random.few(3); left > 0; left -= 1) {
    const at = random.below(random.pick([1, 3, archive.length / blockSize])) * blockSize;
    const block = archive.subarray(at, at + blockSize);
    if (block.length < blockSize) continue;
    if (random.percent(70)) changeHeader(random, block);
    else scribble(random, block, random.few(4));
    if (random.percent(85)) sealHeader(block);
  }
}

const keywords = [
  'path',
  'linkpath',
  'uid',
  'gid',
  'size',
  'mtime',
  'atime',
  'comment',
  'SCHILY.xattr.user.a',
  'SCHILY.xattr.',
  'SCHILY.xattr.a%3Db%25',
  'GNU.sparse.major',
  'ä',
  '',
];
const values = [
  '0',
  '1',
  '17',
  '-1',
  '1.5',
  '-0.25',
  '9007199254740993',
  '1e3',
  '',
  './name',
  'name/',
  '\0',
  '\xff',
  '99999999999999999999',
  '1.0000000001',
  '-9007199254740991.5',
];

/** A pax header, global or not, a GNU long name, or a volume's label. */
function extension(random: Random): Buffer {
  const flag = random.pick(['x', 'x', 'x', 'g', 'L', 'K', 'V']);
  const records = Array.from({ length: random.below(4) }, (): [string, Buffer] => [
    random.pick(keywords),
    random.percent(80) ? Buffer.from(random.pick(values), 'latin1') : random.bytes(random.below(600)),
  ]);
  let data = 'xg'.includes(flag) ? encodePaxRecords(new Map(records)) : Buffer.alloc(random.below(400), './long/');
  if (random.percent(20)) data = mutated(random, data);
  const head = Buffer.from(corpus[0]?.subarray(0, blockSize) ?? []);
  head.write(flag, 156, 'latin1');
  head.write(
    `${(random.percent(95) ? data.length : random.size()).toString(8).padStart(11, '0').slice(-11)}\0`,
    124,
    'latin1',
  );
  sealHeader(head);
  return Buffer.concat([head, data, Buffer.alloc(paddingOf(data.length))]);
}

interface Member {
  readonly entry: TarEntry;
  readonly data: Buffer;
}

interface Reading {
  readonly members: readonly Member[];
  readonly error: ErrorCode | undefined;
}

function run(archive: Buffer): Outcome {
  const whole = readIn(archive, () => archive.length);
  const bytes = whole.members.reduce((sum, { data }) => sum + data.length, 0);
  ensure(bytes <= archive.length, `${bytes} bytes of data come out of ${archive.length}`);
  const random = new Random(crc32(archive), 0);
  const cut = readIn(archive, () => 1 + random.below(random.pick([16, 700, 2000, 4000])));
  ensure(whole.error === cut.error, `in one piece it ends with ${whole.error}, in several with ${cut.error}`);
  compare(whole.members, cut.members, 'cut into pieces');
  if (whole.error !== undefined) return 'refused';
  const again = readIn(written(whole.members), () => 2 ** 20);
  ensure(again.error === undefined, `written again it is refused: ${again.error}`);
  compare(whole.members, again.members, 'written again');
  return 'accepted';
}

/** Whole members, up to the error that ended them. */
function readIn(archive: Buffer, step: () => number): Reading {
  const members: Member[] = [];
  let entry: TarEntry | undefined;
  let parts: Buffer[] = [];
  const reader = new TarReader(
    {
      entry: (next) => {
        entry = next;
        parts = [];
      },
      data: (chunk) => parts.push(chunk),
      end: () => {
        if (entry !== undefined) members.push({ entry, data: Buffer.concat(parts) });
      },
    },
    limits,
  );
  try {
    for (let at = 0; at < archive.length; ) {
      const length = step();
      reader.write(archive.subarray(at, at + length));
      at += length;
    }
    reader.finish();
    return { members, error: undefined };
  } catch (error) {
    throwUnlessRefusal(archiveCodes, error);
    return { members, error: (error as CooperError).code };
  }
}

function written(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const writer = new TarWriter((bytes) => parts.push(Buffer.from(bytes)));
  for (const { entry, data } of members) {
    writer.entry(entry);
    writer.data(data);
  }
  writer.finish();
  return Buffer.concat(parts);
}

function compare(ones: readonly Member[], others: readonly Member[], when: string): void {
  ensure(ones.length === others.length, `${when} it has ${others.length} entries, not ${ones.length}`);
  for (const [at, one] of ones.entries()) {
    const other = others[at] ?? one;
    const what = difference(one.entry, other.entry);
    ensure(what === undefined, `${when} an entry differs: ${what}`);
    ensure(one.data.equals(other.data) && one.data.length === one.entry.size, `${when} the data differs`);
  }
}
