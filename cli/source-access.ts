// What sources of images take of whoever builds: roots of containers, published images as tools, logins to registries.

import { join } from 'node:path';
import { type BuildRequest, registryLogins } from '../builder/index.ts';
import { parseImageName, withContainer } from '../client/index.ts';
import { CooperError } from '../errors/index.ts';
import { parseChannel } from '../image/index.ts';
import { imageName } from '../variants/index.ts';
import type { CommandContext } from './context.ts';
import { PublishedBuilds } from './published-build.ts';
import { hostUser } from './server-access.ts';

/** Containers in the folder that the home or LXC says; images of the home's own tree, of the stable channel. */
export function sourceAccess({
  home,
  env,
}: Pick<CommandContext, 'home' | 'env'>): Pick<BuildRequest, 'holdContainer' | 'findTools' | 'findLogin'> {
  return {
    findLogin: registryLogins(env, hostUser(env)),
    holdContainer: (name, use) => {
      const homeContainers = home.chosen ? home.containers : undefined;
      const choice = { name, path: undefined, homeContainers, user: hostUser(env) };
      return withContainer(choice, ({ rootfs, workerMap }) => use({ rootfs, idMap: workerMap }));
    },
    findTools: async (name, architecture) => {
      const image = parseImageName(name, architecture);
      const build = await new PublishedBuilds(home.tree, parseChannel(undefined)).newest(image);
      const digest = build?.manifest.files['rootfs.tar.xz'];
      if (build === undefined || digest === undefined) {
        const what = `${imageName(image)} is not published in ${home.tree}`;
        throw new CooperError('tools-missing', { what, next: `Build it first: cooper build ${imageName(image)}` });
      }
      const { epoch, build: built } = build.manifest;
      return { archive: join(build.directory, 'rootfs.tar.xz'), digest, epoch, build: built };
    },
  };
}
