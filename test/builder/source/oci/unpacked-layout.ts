// The image of a layout folder, unpacked by us and by umoci.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackLayer } from '../../../../builder/source/oci/unpack-layer.ts';

interface Layout {
  readonly manifests: readonly { readonly digest: string }[];
}
interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}
interface Config {
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

const limit = 64 * 1024 ** 2;

/** Unpacks the one image of a layout into a new folder below `folder`, reading its documents as they stand there. Throws as unpackLayer. */
export async function unpackedByUs(layout: string, folder: string): Promise<string> {
  const root = mkdtempSync(join(folder, 'root-'));
  const blob = (digest = '') => join(layout, 'blobs', digest.replace(':', '/'));
  const read = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T;
  const index = read<Layout>(join(layout, 'index.json'));
  const manifest = read<Manifest>(blob(index.manifests[0]?.digest));
  const config = read<Config>(blob(manifest.config.digest));
  for (const [position, { digest }] of manifest.layers.entries()) {
    await unpackLayer(blob(digest), root, config.rootfs.diff_ids[position]?.slice('sha256:'.length) ?? '', limit);
  }
  return root;
}

/** The same by umoci. Throws where umoci fails. */
export function unpackedByUmoci(layout: string, folder: string): string {
  const bundle = join(mkdtempSync(join(folder, 'bundle-')), 'bundle');
  execFileSync('umoci', ['unpack', '--image', `${layout}:one`, bundle], { stdio: 'pipe' });
  return join(bundle, 'rootfs');
}
