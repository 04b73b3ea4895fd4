// A tree that is written behind the reader of its archive is what it is when it is written at once, whatever comes in whatever order.

import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CooperError } from '../../../errors/index.ts';
import { TarReader } from '../../../image/tar/reader.ts';
import { removeTree } from '../../../image/tree/remove.ts';
import { TreeWriter, type TreeWriterOptions } from '../../../image/tree/write.ts';
import { BehindWriter } from '../../../image/tree/write-behind.ts';
import { archiveOf, file, link, type Member, member } from '../tar/archive.ts';

const me = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
const options: TreeWriterOptions = { parents: 'refuse-symlinks', devices: 'skip', mapOwner: () => me };

let folder: string;
let made = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-behind-'));
});
afterEach(() => removeTree(folder));

const newRoot = () => {
  made += 1;
  const root = join(folder, `${made}`);
  mkdirSync(root);
  return root;
};

/** Feeds it in pieces whose memory is written over as soon as the writer does not need it any more. */
function writeBehind(root: string, archive: Buffer, step: number, more: Partial<TreeWriterOptions> = {}): void {
  const writer = new BehindWriter(new TreeWriter(root, { ...options, ...more }));
  const reader = new TarReader(writer);
  let before = Buffer.alloc(0);
  try {
    for (let at = 0; at < archive.length; at += step) {
      const piece = Buffer.from(archive.subarray(at, at + step));
      reader.write(piece);
      writer.handOver();
      before.fill(0xee);
      before = piece;
    }
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
}

function writeAtOnce(root: string, archive: Buffer): void {
  const writer = new TreeWriter(root, options);
  const reader = new TarReader(writer);
  try {
    reader.write(archive);
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
}

function described(root: string): unknown[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const full = join(root, path);
      const { mode, mtimeMs, nlink, size } = lstatSync(full);
      const kind = mode & 0o170000;
      const content = kind === 0o120000 ? readlinkSync(full) : kind === 0o100000 ? readFileSync(full, 'latin1') : '';
      // A folder that no entry is about has the time at which it was made.
      return kind === 0o040000 ? { path, mode } : { path, mode, mtimeMs, nlink, size, content };
    });
}

function outcomeOf(write: () => void, root: string): unknown {
  try {
    write();
  } catch (error) {
    if (error instanceof CooperError) return error.code;
    throw error;
  }
  return described(root);
}

const names = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a'].map((name) => `./${name}`);
const name = fc.constantFrom(...names);
const when = fc.constantFrom(
  { seconds: 1_600_000_000, nanoseconds: 0 },
  { seconds: 1_600_000_000, nanoseconds: 123_456_789 },
  { seconds: -5, nanoseconds: 0 },
);
const content = fc.integer({ min: 0, max: 3000 }).map((size) => 'x'.repeat(size));
const entry: fc.Arbitrary<Member> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(name, content, when).map(([path, text, mtime]) => file(path, text, { mtime, mode: 0o4755 })),
  },
  { weight: 3, arbitrary: name.map((path) => member(path, 'directory')) },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fc.constantFrom('a', '../a', 'd')).map(([path, to]) => link(path, 'symlink', to)),
  },
  { weight: 1, arbitrary: fc.tuple(name, name).map(([path, to]) => link(path, 'hardlink', to)) },
  { weight: 1, arbitrary: name.map((path) => member(path, 'fifo')) },
);

test('it is the same tree, or refused for the same reason', () => {
  const steps = fc.constantFrom(512, 1000, 4096, 1_000_000);
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), steps, (members, step) => {
      const archive = archiveOf(members);
      const [behind, atOnce] = [newRoot(), newRoot()];
      const outcome = outcomeOf(() => writeBehind(behind, archive, step), behind);
      expect(outcome).toEqual(outcomeOf(() => writeAtOnce(atOnce, archive), atOnce));
    }),
    { numRuns: 300 },
  );
});

test('more files than are handed over at once', () => {
  const members = Array.from({ length: 2500 }, (_, index) => file(`./f${index}`, `${index}`));
  const root = newRoot();
  writeBehind(root, archiveOf(members), 1_000_000);
  expect(readdirSync(root)).toHaveLength(2500);
  expect(readFileSync(join(root, 'f2499'), 'utf8')).toBe('2499');
});

test('a failure is of the entry that failed, and what came behind it is not there', () => {
  const root = newRoot();
  const members = [file('./a', 'x'), file(`./${'n'.repeat(300)}`, 'x'), file('./b', 'y')];
  expect(() => writeBehind(root, archiveOf(members), 1_000_000)).toThrowError(
    expect.objectContaining({ code: 'archive-conflict', message: expect.stringContaining('nnn') }),
  );
  expect(readdirSync(root)).toEqual(['a']);
});

test('what is left out is left out', () => {
  const root = newRoot();
  const members = [file('./a', 'x'), file('./b', 'y'), link('./c', 'symlink', 'a')];
  writeBehind(root, archiveOf(members), 1_000_000, { exclude: (path) => path !== 'b' });
  expect(readdirSync(root)).toEqual(['b']);
});
