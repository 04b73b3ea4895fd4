// Finds the login of whoever builds for a repository, where the tools of the field keep it. The first file that has one is believed.

import { readFile } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../../../errors/index.ts';
import type { FindLogin } from '../../kind.ts';
import { type AuthFile, parseAuthFile, storedIn } from './auth-file.ts';
import { type AuthPlace, type AuthUser, authPlaces } from './auth-places.ts';
import { askHelper } from './credential-program.ts';

/** Looks in the files of `user`, anew each time. What it gives throws `registry-login`. */
export function registryLogins(env: NodeJS.ProcessEnv, user: AuthUser): FindLogin {
  return async ({ host, pathname }, signal) => {
    for (const place of authPlaces(env, user)) {
      const file = await read(place);
      const stored = file === undefined ? undefined : storedIn(file, host, pathname.replace(/^\/+/, ''));
      if (stored === undefined) continue;
      const login = 'login' in stored ? stored.login : await askHelper({ ...stored, env, signal });
      if (login !== undefined) return login;
    }
    return undefined;
  };
}

async function read({ path, isNamed }: AuthPlace): Promise<AuthFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!isNamed && (isSystemError(cause, 'ENOENT') || isSystemError(cause, 'ENOTDIR'))) return undefined;
    const why = isNamed ? ', which REGISTRY_AUTH_FILE names' : '';
    throw new CooperError('registry-login', { what: `cannot read ${path}${why}`, cause });
  }
  return parseAuthFile(text, path);
}
