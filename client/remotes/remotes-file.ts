// remotes.json of a home: read whole, changed by one run at a time, atomically. A file that cannot be understood is refused, not
// overwritten.

import path from 'node:path';
import { z } from 'zod';
import { CooperError, explainSystemError } from '../../errors/index.ts';
import { documentFaults } from '../../image/index.ts';
import { readRecord, withTrustLock, writeRecord } from '../verify/trust-folder.ts';
import { noRemotes, type Remotes, remotesSchema } from './remotes.ts';

/** Where they are. */
export interface RemotesPlace {
  /** Folder that holds remotes.json; exists when something is changed. */
  readonly path: string;
  /** Its trust folder, whose lock holds for remotes too. */
  readonly trust: string;
}

const fileName = 'remotes.json';

/** The remotes of a home; none without the file. Throws `remotes-invalid`, `home-too-new`. */
export async function readRemotes({ path: home }: Pick<RemotesPlace, 'path'>): Promise<Remotes> {
  const document = await readRecord(home, fileName, z.unknown(), notUnderstood);
  if (document === undefined) return noRemotes;
  const file = path.join(home, fileName);
  refuseLaterVersion(document, file);
  const parsed = remotesSchema.safeParse(document);
  if (!parsed.success) throw notUnderstood(file, parsed.error);
  return { default: parsed.data.default, byName: new Map(Object.entries(parsed.data.remotes)) };
}

/**
 * Writes what `change` makes of the remotes, and returns it. No other run comes in between.
 * @throws CooperError as readRemotes, 'no-space'; what `change` throws; the signal's reason when aborted while another run changes them
 */
export async function changeRemotes(
  { path: home, trust }: RemotesPlace,
  change: (remotes: Remotes) => Remotes,
  signal?: AbortSignal,
): Promise<Remotes> {
  const work = async () => {
    const changed = change(await readRemotes({ path: home }));
    const { default: name, byName } = changed;
    const remotes = Object.fromEntries(byName);
    const document = {
      schemaVersion: 1,
      kind: 'cooper.remotes',
      ...(name === undefined ? {} : { default: name }),
      remotes,
    };
    await writeRecord(home, fileName, document);
    return changed;
  };
  try {
    return await withTrustLock(trust, work, signal);
  } catch (error) {
    throw explainSystemError(error, `writing ${path.join(home, fileName)}`);
  }
}

function refuseLaterVersion(document: unknown, file: string): void {
  const version = z.object({ schemaVersion: z.number() }).safeParse(document).data?.schemaVersion ?? 0;
  if (version <= 1) return;
  throw new CooperError('home-too-new', { what: `${file} has version ${version}, this version knows 1` });
}

function notUnderstood(file: string, cause: unknown): CooperError {
  const lines = cause instanceof z.ZodError ? documentFaults(cause) : [];
  return new CooperError('remotes-invalid', { what: `${file} cannot be understood`, lines, cause });
}
