// Containers of whoever runs the command, as a build takes their roots.

import type { BuildRequest } from '../builder/index.ts';
import { withContainer } from '../client/index.ts';
import type { CommandContext } from './context.ts';
import { hostUser } from './server-access.ts';

/** In the folder of containers that the home or LXC says. */
export function heldContainers({ home, env }: Pick<CommandContext, 'home' | 'env'>): BuildRequest['holdContainer'] {
  const { chosen, containers } = home;
  return (name, use) => {
    const choice = { name, path: undefined, homeContainers: chosen ? containers : undefined, user: hostUser(env) };
    return withContainer(choice, ({ rootfs, workerMap }) => use({ rootfs, idMap: workerMap }));
  };
}
