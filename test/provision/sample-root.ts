// A small tree with accounts of its own, for tests of what is placed in a root.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PlacedFile, placeFiles } from '../../provision/index.ts';

/** Seconds since 1970 that everything placed gets. */
export const epoch = 1_700_000_000;

/** A folder with a root in it; `own` is the id that the tests run with, by the name `me` in the root. */
export interface SampleRoot {
  readonly folder: string;
  readonly root: string;
  readonly own: { readonly uid: number; readonly gid: number };
  at(path: string): string;
  /** Writes a file of the root with its directories. */
  write(path: string, content?: string | Buffer): void;
  place(...files: readonly PlacedFile[]): void;
  remove(): void;
}

export function sampleRoot(): SampleRoot {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-root-'));
  const root = join(folder, 'root');
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const at = (path: string) => join(root, path);
  const write = (path: string, content: string | Buffer = ''): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  write('etc/passwd', `# no account\nme:x:${own.uid}:${own.gid}:::\nbad:x::::\n`);
  write('etc/group', `mine:x:${own.gid}:\n`);
  return {
    folder,
    root,
    own,
    at,
    write,
    place: (...files) => placeFiles(root, files, epoch),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
