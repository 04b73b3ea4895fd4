// Worker: empties a folder from inside the user namespace that owns its files. Leaves the folder itself, which is a mount
// point here.

import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { serveWorker } from '../../native/worker-main.ts';
import type { RemoveRequest } from './foreign.ts';
import { removeTree } from './remove.ts';

serveWorker<RemoveRequest, null>(({ folder, kept }) => {
  chmodSync(folder, 0o770);
  for (const name of readdirSync(folder)) if (!kept.includes(name)) removeTree(join(folder, name));
  return null;
});
