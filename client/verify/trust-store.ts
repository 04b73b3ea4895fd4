// What this machine remembers of publishers: one small file each in the trust folder, <fingerprint>.json. A serial is never lowered,
// and what a certificate once said of its keys, a revocation above all, is never forgotten.

import { z } from 'zod';
import { CooperError } from '../../errors/index.ts';
import { fileDigestSchema } from '../../image/index.ts';
import type { SeenCatalog } from './attacks.ts';
import { readRecord, withTrustLock, writeRecord } from './trust-folder.ts';

const recordSchema = z.object({
  schemaVersion: z.literal(1),
  publisher: z.string(),
  serial: z.number().int().positive(),
  catalog: fileDigestSchema.shape.sha256,
  /** ASCII armor; records of the first versions lack it. */
  certificate: z.string().optional(),
});

const nameOf = (fingerprint: string) => `${fingerprint}.json`;

/** Reads what is remembered of a publisher; undefined when nothing is. Throws `trust-state-invalid`. */
export async function readSeen(trustDir: string, fingerprint: string): Promise<SeenCatalog | undefined> {
  const record = await readRecord(trustDir, nameOf(fingerprint), recordSchema);
  if (record === undefined) return undefined;
  if (record.publisher !== fingerprint) {
    throw new CooperError('trust-state-invalid', {
      what: `${trustDir}/${nameOf(fingerprint)} is that of ${record.publisher}`,
    });
  }
  const { serial, catalog, certificate } = record;
  return { serial, sha256: catalog, certificate };
}

/**
 * Hands what is remembered of a publisher to `judge`, which throws or gives what to remember from now on. No other run
 * comes in between, so none can lower a serial. Atomic, and on disk when it returns; a lower serial is never written.
 * @throws CooperError `trust-state-invalid`; what `judge` throws; the signal's reason when aborted while another run judges
 */
export async function advanceSeen(
  trustDir: string,
  fingerprint: string,
  judge: (seen: SeenCatalog | undefined) => SeenCatalog,
  signal?: AbortSignal,
): Promise<void> {
  await withTrustLock(
    trustDir,
    async () => {
      const seen = await readSeen(trustDir, fingerprint);
      const next = judge(seen);
      if (seen !== undefined && !isNews(seen, next)) return;
      const { serial, sha256, certificate } = next;
      const record = { schemaVersion: 1, publisher: fingerprint, serial, catalog: sha256, certificate };
      await writeRecord(trustDir, nameOf(fingerprint), record);
    },
    signal,
  );
}

function isNews(seen: SeenCatalog, next: SeenCatalog): boolean {
  return next.serial > seen.serial || (next.serial === seen.serial && next.certificate !== seen.certificate);
}
