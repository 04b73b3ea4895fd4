// Where containers are put (docs/DESIGN.md, "Command line"). Creates nothing.

import path from 'node:path';
import { type HostUser, lxcPath } from './host-config.ts';

/** The places that the command line can give, strongest first. */
export interface TargetChoice {
  /** --path. */
  readonly path?: string | undefined;
  /** `<home>/containers`, only when --home was given. */
  readonly homeContainers?: string | undefined;
}

/** Absolute path of the folder of containers: --path, else that of --home, else `lxc.lxcpath`, else LXC's default. */
export async function containersFolder(choice: TargetChoice, user: HostUser): Promise<string> {
  const given = choice.path ?? choice.homeContainers;
  return given === undefined ? lxcPath(user) : path.resolve(given);
}
