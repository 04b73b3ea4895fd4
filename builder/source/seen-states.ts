// The newest signed state of each source that this machine has believed. What is well signed may stay so for years: only memory tells that a
// mirror holds back what was there before. Refuses what is clearly older.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { sha256Of } from '../../keys/index.ts';
import type { Keyring } from '../../variants/resolved.ts';

/** By how many milliseconds a mirror may be behind another: as long as Debian lets its own signatures hold. */
const tolerated = 7 * 24 * 3600 * 1000;

/** A verified state. */
export interface SignedState {
  /** What is remembered, below the folder of the memory: one file for each of these. */
  readonly key: string;
  /** What people call it. */
  readonly name: string;
  /** When it was made or signed. */
  readonly date: Date;
}

const recordSchema = z.object({ schemaVersion: z.literal(1), suite: z.string(), date: z.iso.datetime() });

/**
 * Judges the date of a verified state by the newest one seen in `folder`, and remembers it when it is newer.
 * @throws CooperError `archive-rollback`, `trust-state-invalid`, `no-space`
 */
export async function advanceState(folder: string, { key, name, date }: SignedState): Promise<void> {
  const file = join(folder, `${key}.json`);
  const newest = await readNewest(file);
  if (newest !== undefined && date.getTime() + tolerated < newest.getTime()) {
    throw new CooperError('archive-rollback', {
      what: `${name} is of ${date.toISOString()}, this machine has seen it as of ${newest.toISOString()}`,
      next: `Try another mirror; if an old state of the archive is wanted, use another --home or remove ${file}.`,
    });
  }
  if (newest === undefined || date.getTime() > newest.getTime()) await write(folder, file, name, date);
}

/** States of one name under other keys are other states. */
export function keyringName(keyring: Keyring): string {
  return 'shipped' in keyring ? keyring.shipped : sha256Of(keyring.armored).slice(0, 16);
}

async function readNewest(file: string): Promise<Date | undefined> {
  try {
    return new Date(recordSchema.parse(JSON.parse(await readFile(file, 'utf8'))).date);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new CooperError('trust-state-invalid', { what: `${file} is damaged`, cause: error });
  }
}

async function write(folder: string, file: string, suite: string, date: Date): Promise<void> {
  const partial = `${file}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await writeFile(partial, `${JSON.stringify({ schemaVersion: 1, suite, date: date.toISOString() })}\n`);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw explainSystemError(error, `writing ${file}`);
  }
}
