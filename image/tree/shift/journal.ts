// What a tree was like before its ids were changed, written down whole before the first change. What a file becomes follows from
// that alone, so a run that was killed is done again from the start: no file is ever moved twice, whether the maps overlap or not.
// Pure text; who reads and writes it is in journal-file.ts.

import { CooperError } from '../../../errors/index.ts';
import type { TreeIds } from './translation.ts';

/** One file as it was. */
export interface Before {
  /** Nanoseconds since 1970 when it was made: another file may get the same inode number later. */
  readonly born: bigint;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Attributes with ids in them. */
  readonly attributes: readonly (readonly [name: string, value: Buffer])[];
}

/** What the change is, and what it found. Ids are those that the worker sees. */
export interface Journal {
  readonly from: TreeIds;
  readonly to: TreeIds;
  /** Of the root folder, which the journal itself changes. */
  readonly mtime: { readonly seconds: number; readonly nanoseconds: number };
  /** By inode number. */
  readonly files: ReadonlyMap<bigint, Before>;
}

const format = 1;

/** Line by line: head, one for each file, and the number of files as the end. */
export function formatJournal({ from, to, mtime, files }: Journal): string {
  const lines = [JSON.stringify({ format, from, to, mtime })];
  for (const [inode, { born, mode, uid, gid, attributes }] of files) {
    const values = attributes.map(([name, value]) => [name, value.toString('base64')]);
    lines.push(JSON.stringify([String(inode), String(born), mode, uid, gid, values]));
  }
  return `${lines.join('\n')}\n${JSON.stringify({ files: files.size })}\n`;
}

type Line = [inode: string, born: string, mode: number, uid: number, gid: number, attributes: [string, string][]];

/** Reads what formatJournal has written. Throws `shift-unfinished` for anything else. */
export function parseJournal(text: string, file: string): Journal {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const end = lines.pop();
  try {
    const { format: written, ...rest } = JSON.parse(head) as Omit<Journal, 'files'> & { readonly format: number };
    if (written === format && end === JSON.stringify({ files: lines.length })) {
      return { ...rest, files: new Map(lines.map(parseLine)) };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CooperError('shift-unfinished', {
    what: `${file} is no journal that this version can read`,
    next: 'Use the version of Cooper that has begun the change; an older one than this has written nothing of the kind.',
  });
}

function parseLine(line: string): [bigint, Before] {
  const [inode, born, mode, uid, gid, values] = JSON.parse(line) as Line;
  const attributes = values.map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return [BigInt(inode), { born: BigInt(born), mode, uid, gid, attributes }];
}
