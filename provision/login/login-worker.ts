// Worker: gives an account of a root its password and its ssh keys, holding the ids of the root.

import { serveWorker } from '../../native/worker-main.ts';
import { Root } from '../root.ts';
import { requireAccount } from './account-files.ts';
import { addAuthorizedKeys } from './authorized-keys.ts';
import type { LoginRequest } from './login.ts';
import { changePassword } from './password.ts';

serveWorker<LoginRequest, null>(({ root: path, user, password, keys, today }) => {
  const root = new Root(path);
  const account = requireAccount(root, user);
  if (password !== undefined) changePassword(root, user, password, { today, keys: keys.length > 0 });
  if (keys.length > 0) addAuthorizedKeys(root, account, keys);
  return null;
});
