// Who gets into a root, and how: the password and the ssh keys of one account. What is asked for, and the worker that does it, with the
// ids of the root.

import { type IdMap, runWorker } from '../../native/index.ts';

/**
 * What becomes of a password. `locked`: none lets anybody in. `text`: this one, hashed as the root's own programs would do it.
 * `hash`: as crypt(5) has it. `expire`: it has to be changed at the first login.
 */
export type PasswordChange =
  | { readonly kind: 'locked' }
  | { readonly kind: 'text'; readonly text: string; readonly expire: boolean }
  | { readonly kind: 'hash'; readonly hash: string; readonly expire: boolean };

/** What is asked for. */
export interface Login {
  /** Name of an account of the root. */
  readonly user: string;
  /** Undefined: it stays what it is. */
  readonly password: PasswordChange | undefined;
  /** Lines to be in the account's authorized_keys (sshd(8)); those that are there stay. */
  readonly keys: readonly string[];
}

/** What login-worker.ts is asked. */
export interface LoginRequest extends Login {
  /** Absolute path. */
  readonly root: string;
  /** Days since 1970 on which a password is changed. */
  readonly today: number;
}

/** Where. */
export interface LoginOptions {
  readonly root: string;
  /** The worker's own ids: those of the root's files. */
  readonly idMap: IdMap | 'host';
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

const day = 24 * 3600 * 1000;

/**
 * Changes /etc/shadow (and /etc/passwd, where a password stands there) and ~/.ssh/authorized_keys of the root, each whole or not at
 * all; owners, modes and attributes of files that are there stay. Nobody else may change the root meanwhile.
 * @throws CooperError `user-unknown`, `account-file-unusable`, `hash-not-understood`, `crypt-unavailable`, `home-missing`,
 *   `file-misplaced`, `no-space`; the signal's reason
 */
export async function setLogin(login: Login, { root, idMap, now, signal }: LoginOptions): Promise<void> {
  const request: LoginRequest = { ...login, root, today: Math.floor(now.getTime() / day) };
  const binds = [{ path: root, readOnly: false }];
  await runWorker<null>('provision/login/login-worker', request, { idMap, binds, ...(signal && { signal }) });
}
