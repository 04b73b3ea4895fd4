// Finds the login of whoever builds for a repository, where the tools of the field keep it. The first file that has one is believed.

import { readFile } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../../../errors/index.ts';
import type { FindLogin } from '../../kind.ts';
import { type AuthFile, parseAuthFile, storedIn } from './auth-file.ts';
import { type AuthPlace, type AuthUser, authPlaces } from './auth-places.ts';
import { askHelper } from './credential-program.ts';
import { Login } from './login.ts';

/** Looks in the files of `user`, anew each time. What it gives throws `registry-login`. */
export function registryLogins(env: NodeJS.ProcessEnv, user: AuthUser): FindLogin {
  return async ({ host, pathname }, signal, passedOver) => {
    for (const place of authPlaces(env, user)) {
      const file = await read(place, passedOver);
      const stored = file === undefined ? undefined : storedIn(file, host, pathname.replace(/^\/+/, ''));
      if (stored === undefined) continue;
      const login = 'login' in stored ? stored.login : await askHelper({ ...stored, env, signal });
      if (login instanceof Login) return login;
      // What everybody may have needs no login: whether it was wanted is for the registry to say.
      if (login !== undefined) passedOver(`${login.notStarted}; ${place.path} names it`);
    }
    return undefined;
  };
}

async function read({ path, isNamed }: AuthPlace, passedOver: (what: string) => void): Promise<AuthFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!isNamed && (isSystemError(cause, 'ENOENT') || isSystemError(cause, 'ENOTDIR'))) return undefined;
    // Of whoever builds by `sudo -u`, XDG_RUNTIME_DIR may still be that of somebody else.
    if (!isNamed && isSystemError(cause, 'EACCES')) return void passedOver(`${path} may not be read`);
    const why = isNamed ? ', which REGISTRY_AUTH_FILE names' : '';
    throw new CooperError('registry-login', { what: `cannot read ${path}${why}`, cause });
  }
  return parseAuthFile(text, path);
}
