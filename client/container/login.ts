// Lets a user into a new container: the password and the keys in its root, and beside its config the password that was chosen for it.

import path from 'node:path';
import { type Login, setLogin } from '../../provision/index.ts';
import { type FilesTarget, writeContainerFiles } from './container-files.ts';

/** What is asked for. */
export interface ContainerLogin extends Login {
  /** Keeps the text of the password in a file, since nobody has typed it. */
  readonly keep: boolean;
}

/** A container that is being made. */
export interface LoginTarget extends FilesTarget {
  readonly rootfs: string;
  /** Folder of the container as it will be. */
  readonly final: string;
  readonly now: Date;
}

/**
 * Sets the login. Returns where the file with the password will be, mode 0600: one line, as `--password file:` reads it; undefined
 * without one. Throws as setLogin does.
 */
export async function giveLogin(login: ContainerLogin, target: LoginTarget): Promise<string | undefined> {
  const { rootfs, final, workerMap, now, signal } = target;
  const { user, password, keys } = login;
  await setLogin({ user, password, keys }, { root: rootfs, idMap: workerMap, now, signal });
  if (!login.keep || password?.kind !== 'text') return undefined;
  const name = `${user}.password`;
  const bytes = Buffer.from(`${password.text}\n`).toString('latin1');
  await writeContainerFiles(target, [{ name, bytes, mode: 0o600 }]);
  return path.join(final, name);
}
