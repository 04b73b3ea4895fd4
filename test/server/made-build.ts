// Build folders made on the spot: real files, manifest and signatures, only small.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildName, type Manifest, manifestSchema } from '../../image/manifest.ts';
import { digestOf } from '../../keys/digest.ts';
import { type Signer, signBuild } from '../../keys/sign.ts';
import type { SignedBuild } from '../../server/index.ts';
import type { ImageId } from '../../variants/identity.ts';

export const mini: ImageId = { distribution: 'debian', release: 'bookworm', architecture: 'amd64', variant: 'mini' };

/** Writes and signs a build of `id` named `build` in a new folder under `parent`. */
export async function madeBuild(
  parent: string,
  signer: Signer,
  id: ImageId,
  build: string,
): Promise<SignedBuild & { manifest: Manifest }> {
  const directory = join(parent, `${id.variant}-${build}`);
  mkdirSync(directory);
  for (const name of ['rootfs.tar.xz', 'meta.tar.xz', 'packages.json']) {
    writeFileSync(join(directory, name), `${name} of ${id.variant} ${build}\n`.repeat(100));
  }
  const manifest = manifestOf(directory, id, build as BuildName);
  writeFileSync(join(directory, 'image.json'), JSON.stringify(manifest));
  await signBuild(directory, signer);
  return { directory, manifest };
}

function manifestOf(directory: string, id: ImageId, build: BuildName): Manifest {
  const names = readdirSync(directory);
  return manifestSchema.parse({
    schemaVersion: 1,
    kind: 'cooper.image',
    ...id,
    title: `${id.distribution} ${id.variant} <&>`,
    build,
    created: '2026-02-01T12:00:00Z',
    epoch: 1_770_000_000,
    inputs: '0'.repeat(64),
    rootfs: { size: 10_240, sha256: '0'.repeat(64), entries: 3 },
    files: Object.fromEntries(names.map((name) => [name, digestOf(readFileSync(join(directory, name)))])),
    builder: { name: 'cooper', version: '0.1.0' },
  });
}
