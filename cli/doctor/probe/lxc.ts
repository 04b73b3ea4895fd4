// Looks at LXC's tools and at what `cooper create` would make of its configuration. Other programs get little time.

import { execFile } from 'node:child_process';
import { isNetworkKey, linkExists, lxcBridge, planContainer, readDefaultConfig } from '../../../client/index.ts';
import type { LxcFacts, PlanFacts } from '../facts.ts';

type HostUser = Parameters<typeof planContainer>[0];

/** The plan of a container in that folder. Throws as planContainer does. */
export async function lookAtPlan(user: HostUser, containers: string): Promise<PlanFacts> {
  const { idMap, obstacles } = await planContainer(user, containers);
  const { file, exists, expanded } = await readDefaultConfig(user);
  const types = expanded.filter(({ key }) => isNetworkKey(key) && key.endsWith('.type')).map(({ value }) => value);
  return { idMap, obstacles, defaults: { file, exists, networks: types } };
}

/** Version and bridge. */
export async function lookAtLxc(): Promise<LxcFacts> {
  const said = await firstWord('lxc-start', ['--version']);
  return { version: said, bridge: await linkExists(lxcBridge) };
}

/** The first word that a program says; undefined when it is not there or fails. */
export function firstWord(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: 5000 }, (error, stdout) => {
      resolve(error === null ? stdout.trim().split(/\s+/)[0] || undefined : undefined);
    });
  });
}
