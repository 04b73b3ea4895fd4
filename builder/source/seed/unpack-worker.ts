// Worker: unpacks archives of somebody else one upon the other into an empty root. What they hold is refused as in an image of
// somebody else; device nodes become what mknod leaves in a build root.

import { statSync } from 'node:fs';
import { serveWorker } from '../../../native/worker-main.ts';
import { unpackLayer } from '../oci/unpack-layer.ts';
import { rootLimit } from './root-limit.ts';
import { unpackArchive } from './unpack-archive.ts';

/**
 * How a seed is laid out: archives, whose one folder in which everything lies is (`strip`) not part of the root; or layers of an OCI
 * image, by the SHA-256 of the tar of each.
 */
export type SeedLayout = { readonly strip: boolean } | { readonly diffIds: readonly string[] };

/** What the worker is asked. */
export interface SeedRequest {
  readonly root: string;
  /** Paths of archives, the lowest first. */
  readonly archives: readonly string[];
  readonly layout: SeedLayout;
}

serveWorker<SeedRequest, null>(async ({ root, archives, layout }, tell) => {
  const packed = archives.reduce((sum, archive) => sum + statSync(archive).size, 0);
  // Of layers: what all of them together may become.
  let left = rootLimit(packed);
  for (const [position, archive] of archives.entries()) {
    if ('strip' in layout) await unpackArchive(archive, root, layout.strip);
    else left -= await unpackLayer(archive, root, layout.diffIds[position] ?? '', left);
    tell({ unpacked: position + 1 });
  }
  return null;
});
