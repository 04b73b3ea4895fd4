// Worker: writes files into the folder of a container that lxc-create has prepared, holding the container's ids.

import { chownSync, lstatSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { serveWorker } from '../../native/worker-main.ts';
import type { FilesRequest } from './container-files.ts';

/** In place: the config stays whose it is, and what comes with it becomes so. */
serveWorker<FilesRequest, null>(({ folder, files }) => {
  const { uid, gid } = lstatSync(path.join(folder, 'config'));
  for (const { name, bytes, mode } of files) {
    const file = path.join(folder, name);
    writeFileSync(file, bytes, { encoding: 'latin1', mode });
    chownSync(file, uid, gid);
  }
  return null;
});
