// Which publisher each server was found to be when it was first used: pins.json in the trust folder.

import { z } from 'zod';
import type { Fingerprint } from '../../keys/index.ts';
import type { ServerUrl } from './server-address.ts';
import { readRecord, withTrustLock, writeRecord } from './trust-folder.ts';

const fileName = 'pins.json';

const fingerprint = z
  .string()
  .regex(/^[0-9A-F]{40}$/)
  .transform((text) => text as Fingerprint);

const pinsSchema = z.object({ schemaVersion: z.literal(1), pins: z.record(z.string(), fingerprint) });

/** Fingerprints by address of the server. Throws `trust-state-invalid`. */
export async function readPins(trustDir: string): Promise<Readonly<Record<string, Fingerprint>>> {
  return (await readRecord(trustDir, fileName, pinsSchema))?.pins ?? {};
}

/** Remembers whose server it is, in place of what was remembered. Throws `trust-state-invalid`. */
export async function rememberPin(
  trustDir: string,
  server: ServerUrl,
  publisher: Fingerprint,
  signal?: AbortSignal,
): Promise<void> {
  await withTrustLock(
    trustDir,
    async () => {
      const pins = await readPins(trustDir);
      if (pins[server.href] === publisher) return;
      await writeRecord(trustDir, fileName, { schemaVersion: 1, pins: { ...pins, [server.href]: publisher } });
    },
    signal,
  );
}
