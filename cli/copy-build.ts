// A complete build copied to a folder outside of the tree: by copy, since that may be another file system, and visible when it
// is whole. What a killed copy has left there the next one removes; anything else in the folder is left alone.

import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CooperError, explainSystemError } from '../errors/index.ts';
import { isAlive } from '../fetch/index.ts';

/** `.debian-bookworm-amd64-mini-20260101_12:00.4711.copying`: the process id tells what was left from work going on. */
const half = /^\..+-\d{8}_\d\d:\d\d\.(\d+)\.copying$/;

/** Copies `folder` to `place` and returns that. Throws `output-exists`, `no-space`. */
export function copyBuild(folder: string, place: string): string {
  if (existsSync(place)) throw new CooperError('output-exists', { what: `the folder ${place} exists already` });
  const partial = join(dirname(place), `.${basename(place)}.${process.pid}.copying`);
  try {
    mkdirSync(dirname(place), { recursive: true });
    removeAbandoned(dirname(place));
    cpSync(folder, partial, { recursive: true });
    renameSync(partial, place);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw explainSystemError(error, `copying the build to ${place}`);
  }
  return place;
}

function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = half.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
