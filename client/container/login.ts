// Lets a user into a new container: the password and the keys in its root, and beside its config the password that was chosen for it.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { IdMap } from '../../native/index.ts';
import { type Login, setLogin } from '../../provision/index.ts';

/** What is asked for. */
export interface ContainerLogin extends Login {
  /** Keeps the text of the password in a file, since nobody has typed it. */
  readonly keep: boolean;
}

/** A container that is being made. */
export interface LoginTarget {
  /** Folder of the container as it is now. */
  readonly folder: string;
  readonly rootfs: string;
  /** Folder of the container as it will be. */
  readonly final: string;
  /** In which workers handle the container's files. */
  readonly workerMap: IdMap | 'host';
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sets the login. Returns where the file with the password will be, mode 0600: one line, as `--password file:` reads it; undefined
 * without one. Throws as setLogin does.
 */
export async function giveLogin(login: ContainerLogin, target: LoginTarget): Promise<string | undefined> {
  const { folder, rootfs, final, workerMap, now, signal } = target;
  const { user, password, keys } = login;
  await setLogin({ user, password, keys }, { root: rootfs, idMap: workerMap, now, signal });
  if (!login.keep || password?.kind !== 'text') return undefined;
  const name = `${user}.password`;
  await writeFile(path.join(folder, name), `${password.text}\n`, { mode: 0o600, flag: 'wx' });
  return path.join(final, name);
}
