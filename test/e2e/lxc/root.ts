// Root as an actor: privileged containers under a folder of the tests, apart from those that the machine may have.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Actor } from './actor.ts';

/** PATH of an actor's commands. */
export const actorPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Root, with containers and cache under `home`, which is made and in the end removed. */
export function rootActor(home: string): Actor {
  const lxcPath = join(home, 'containers');
  mkdirSync(lxcPath, { recursive: true, mode: 0o755 });
  const configuration = join(home, 'default.conf');
  writeFileSync(configuration, 'lxc.net.0.type = empty\n');
  return {
    title: 'root, privileged',
    mode: 'system',
    home,
    lxcPath,
    createWords: ['-f', configuration],
    line: (argv, env = {}) => {
      const variables = { PATH: actorPath, HOME: home, LXC_CACHE_PATH: join(home, 'cache'), ...env };
      return ['/usr/bin/env', '-i', ...settings(variables), ...argv];
    },
    own: () => undefined,
    leave: async () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Variables as env(1) takes them. */
export function settings(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}
