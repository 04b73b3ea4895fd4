// Worker: what a root says itself of its packages.

import { serveWorker } from '../../../native/worker-main.ts';
import { Root } from '../../../provision/root.ts';
import { databaseText } from '../debian/install/database-text.ts';
import { type InstalledPackage, installedPackages } from '../debian/install/installed.ts';

/** What the worker is asked. */
export interface InstalledRequest {
  readonly root: string;
}

serveWorker<InstalledRequest, readonly InstalledPackage[] | null>(({ root }) => {
  const status = databaseText(new Root(root), 'var/lib/dpkg/status');
  return status === '' ? null : installedPackages(Buffer.from(status, 'latin1').toString());
});
