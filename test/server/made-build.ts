// Build folders made on the spot: real files, manifest and signatures, only small.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ruleCodes, writeGateReport } from '../../gate/index.ts';
import { type Manifest, manifestSchema } from '../../image/manifest.ts';
import { digestOf, sha256Of } from '../../keys/digest.ts';
import { type Signer, signBuild } from '../../keys/sign.ts';
import type { SignedBuild } from '../../server/index.ts';
import type { ImageId } from '../../variants/identity.ts';

export const mini: ImageId = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };

const rootfsDigest = '0'.repeat(64);

/** Writes the report of a gate that has found nothing in the tar of that digest. */
export function writeClearReport(directory: string, rootfs: string): void {
  const rules = ruleCodes.map((code) => ({ code, title: code, findings: [], waived: [], notes: [] }));
  writeGateReport(directory, { rootfs, rules, privileged: [], waivers: [], boots: [] });
}

/** Writes and signs a build of `id` named `build` in a new folder under `parent`. */
export async function madeBuild(
  parent: string,
  signer: Signer,
  id: ImageId,
  build: string,
): Promise<SignedBuild & { manifest: Manifest }> {
  const directory = join(parent, `${id.variant}-${build}`);
  mkdirSync(directory);
  for (const name of ['rootfs.tar.xz', 'meta.tar.xz', 'lxd.tar.xz', 'packages.json']) {
    writeFileSync(join(directory, name), `${name} of ${id.variant} ${build}\n`.repeat(100));
  }
  writeClearReport(directory, rootfsDigest);
  const manifest = writeManifest(directory, id, build, { size: 10_240, sha256: rootfsDigest, entries: 3 });
  await signBuild(directory, signer);
  return { directory, manifest };
}

/** The field of a manifest, of builds that have what LXD reads. */
export function fingerprintOf(directory: string, names: readonly string[]): { readonly fingerprint?: string } {
  if (!names.includes('lxd.tar.xz')) return {};
  const parts = ['lxd.tar.xz', 'rootfs.tar.xz'].map((name) => readFileSync(join(directory, name)));
  return { fingerprint: sha256Of(Buffer.concat(parts)) };
}

/** Writes the image.json of the files that are there. `rootfs`: what it says of the tar inside rootfs.tar.xz. */
export function writeManifest(directory: string, id: ImageId, build: string, rootfs: object): Manifest {
  const names = readdirSync(directory);
  const manifest = manifestSchema.parse({
    schemaVersion: 1,
    kind: 'cooper.image',
    ...id,
    title: `${id.distribution} ${id.variant} <&>`,
    build,
    created: '2026-02-01T12:00:00Z',
    epoch: 1_770_000_000,
    inputs: '0'.repeat(64),
    rootfs,
    files: Object.fromEntries(names.map((name) => [name, digestOf(readFileSync(join(directory, name)))])),
    ...fingerprintOf(directory, names),
    builder: { name: 'cooper', version: '0.1.0' },
  });
  writeFileSync(join(directory, 'image.json'), JSON.stringify(manifest));
  return manifest;
}
