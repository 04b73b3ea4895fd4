// Which files may have logins to registries, in the order in which podman, skopeo and docker look (containers-auth.json(5), podman-login(1),
// "DOCKER_CONFIG" of docker). Pure.

import { join } from 'node:path';

/** One of the files. */
export interface AuthPlace {
  readonly path: string;
  /** Somebody has named it: it has to be there. */
  readonly isNamed: boolean;
}

/** Whose files. */
export interface AuthUser {
  readonly uid: number;
  readonly home: string;
}

/** REGISTRY_AUTH_FILE stands for all others. */
export function authPlaces(
  env: Readonly<Record<string, string | undefined>>,
  { uid, home }: AuthUser,
): readonly AuthPlace[] {
  if (env.REGISTRY_AUTH_FILE) return [{ path: env.REGISTRY_AUTH_FILE, isNamed: true }];
  return [
    env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'containers/auth.json') : `/run/containers/${uid}/auth.json`,
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers/auth.json'),
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
  ].map((path) => ({ path, isNamed: false }));
}
