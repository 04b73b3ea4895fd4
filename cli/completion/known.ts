// What this machine knows for completion: containers, remotes, images of the own tree and those that servers were seen to offer.
// Quick looks at files; no server is asked, nothing is made. What cannot be read throws.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Remotes } from '../../client/index.ts';
import { type Home, homeAt } from '../home.ts';
import { recallOffered } from '../offered-names.ts';
import { optionalText } from '../optional-text.ts';
import type { Known } from './candidates.ts';

type Given = ReadonlyMap<string, string>;

/** Looks where the options of the line say, else where the environment does. */
export function knownHere(env: NodeJS.ProcessEnv): Known {
  const homeOf = (given: Given): Home => homeAt(given.get('--home'), env);
  const remotesOf = async (given: Given) => (await client()).readRemotes(homeOf(given));
  return {
    containers: async (given) => containersIn(await folderOf(given, homeOf(given), env)),
    remotes: async (given) => [...(await remotesOf(given)).byName.keys()],
    ownImages: async (given) => publishedNames(homeOf(given)),
    offeredImages: async (remote, given) => {
      const server = serverOf(await remotesOf(given), remote) ?? given.get('--server');
      return server === undefined ? [] : recallOffered(homeOf(given), server);
    },
  };
}

/** Loaded when it is needed: it takes longer than all the rest. */
const client = () => import('../../client/index.ts');

async function folderOf(given: Given, home: Home, env: NodeJS.ProcessEnv): Promise<string> {
  const { hostUser } = await import('../server-access.ts');
  const choice = { path: given.get('--path'), homeContainers: home.chosen ? home.containers : undefined };
  return (await client()).containersFolder(choice, hostUser(env));
}

async function containersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}

function serverOf({ byName, default: standard }: Remotes, remote = standard): string | undefined {
  return remote === undefined ? undefined : byName.get(remote)?.servers[0];
}

/** By the index for LXC, which every tree has: lines `dist;release;arch;variant;build;path`. */
function publishedNames(home: Home): readonly string[] {
  const text = optionalText(join(home.tree, 'live/meta/1.0/index-system'));
  return [...text.matchAll(/^([^;\n]+);([^;\n]+);([^;\n]+);([^;\n]+);/gm)].map((match) => match.slice(1).join('/'));
}
