// Builds that are whole and signed, with archives of random bytes: what a publish or an audit costs does not depend on what is in them.

import { randomFillSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ruleCodes, writeGateReport } from '../../gate/index.ts';
import { manifestSchema } from '../../image/index.ts';
import { digestOf, type Sha256 } from '../../keys/index.ts';
import { type Signer, signBuild } from '../../keys/sign.ts';
import type { SignedBuild } from '../../server/index.ts';
import type { ImageId } from '../../variants/identity.ts';

const tarDigest = '0'.repeat(64) as Sha256;

/** Writes and signs one in a new folder; its root archive has that many bytes. */
export async function syntheticBuild(
  directory: string,
  signer: Signer,
  id: ImageId,
  build: string,
  archiveBytes: number,
): Promise<SignedBuild> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'rootfs.tar.xz'), randomFillSync(Buffer.alloc(archiveBytes)));
  writeFileSync(join(directory, 'meta.tar.xz'), randomFillSync(Buffer.alloc(1024)));
  const rules = ruleCodes.map((code) => ({ code, title: code, findings: [], waived: [], notes: [] }));
  writeGateReport(directory, { rootfs: tarDigest, rules, privileged: [], waivers: [], boots: [] });
  const names = readdirSync(directory);
  const manifest = manifestSchema.parse({
    schemaVersion: 1,
    kind: 'cooper.image',
    ...id,
    title: `${id.distribution} ${id.release}`,
    build,
    created: '2026-02-01T12:00:00Z',
    epoch: 1_770_000_000,
    inputs: '0'.repeat(64),
    rootfs: { size: 10_240, sha256: tarDigest, entries: 3 },
    files: Object.fromEntries(names.map((name) => [name, digestOf(readFileSync(join(directory, name)))])),
    builder: { name: 'cooper', version: '0.1.0' },
  });
  writeFileSync(join(directory, 'image.json'), JSON.stringify(manifest));
  await signBuild(directory, signer);
  return { directory };
}
