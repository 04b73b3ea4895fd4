// Worker: what a root says itself of its packages.

import { readFileSync } from 'node:fs';
import { serveWorker } from '../../../native/worker-main.ts';
import { Root } from '../../../provision/root.ts';
import { type InstalledPackage, installedPackages } from '../debian/install/installed.ts';

/** What the worker is asked. */
export interface InstalledRequest {
  readonly root: string;
}

serveWorker<InstalledRequest, readonly InstalledPackage[] | null>(({ root }) => {
  const tree = new Root(root);
  const status = tree.find('var/lib/dpkg/status', 'follow');
  return status === undefined ? null : installedPackages(readFileSync(tree.host(status), 'utf8'));
});
