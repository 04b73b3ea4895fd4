// Worker: looks a user up in the account files of a container, holding its ids. Links of the root are followed inside of it only.

import { serveWorker } from '../../native/worker-main.ts';
import { readAccounts } from '../../provision/accounts.ts';
import { Root } from '../../provision/root.ts';
import { type RunUser, runUser } from '../../provision/run-user.ts';
import type { UserRequest } from './find-user.ts';

serveWorker<UserRequest, RunUser>(({ rootfs, ...words }) => {
  const root = new Root(rootfs);
  return runUser(words, { passwd: readAccounts(root, 'passwd'), group: readAccounts(root, 'group') });
});
