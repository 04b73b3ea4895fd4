// Worker: unpacks archives of somebody else one upon the other into an empty root. What they hold is refused as in an image of
// somebody else; device nodes become what mknod leaves in a build root.

import { serveWorker } from '../../../native/worker-main.ts';
import { unpackArchive } from './unpack-archive.ts';

/** What the worker is asked. */
export interface SeedRequest {
  readonly root: string;
  /** Paths of archives, the lowest first. */
  readonly archives: readonly string[];
  /** The one folder in which everything lies is not part of the root. */
  readonly strip: boolean;
}

serveWorker<SeedRequest, null>(async ({ root, archives, strip }, tell) => {
  for (const [position, archive] of archives.entries()) {
    await unpackArchive(archive, root, strip);
    tell({ unpacked: position + 1 });
  }
  return null;
});
